import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { arrays } from "../../src/data/arrays.ts";
import { withWeights } from "../../src/onnx/model_from_graph.ts";
import { freeze } from "../../src/onnx/select.ts";
import { int64s, tensor } from "../../src/tensor/tensor.ts";
import type { EpochEvent } from "../../src/train/callbacks/callback.ts";
import { earlyStopping } from "../../src/train/callbacks/early_stopping.ts";
import { readCheckpoint, writeCheckpoint } from "../../src/train/checkpoint.ts";
import { fit, type FitOptions } from "../../src/train/fit.ts";
import { modelFromCheckpoint } from "../../src/train/model_from_checkpoint.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { horizontalFlip } from "../../src/data/transforms/horizontal_flip.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { pictures, smallNetwork } from "./resume_cases.ts";
import { normalised } from "./small_models.ts";

const data = arrays({
  inputs: { x: tensor("float32", [7, 3, 2, 2], hashed("x", 84)) },
  targets: tensor("float32", [7, 3, 2, 2], hashed("y", 84)),
});

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Three steps an epoch. */
function run(options: FitOptions, dataset = data) {
  const fixed = { batchSize: 3, loss: "mse", seed: 5, verbose: false } as const;
  return fit(normalised(), dataset, { ...fixed, ...options });
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

async function stateOf(folder: string, name?: string) {
  const checkpoint = await readCheckpoint(folder, name);
  return checkpoint?.state as { steps: number; place: { epoch: number; position: number } };
}

Deno.test("everySteps writes checkpoints within epochs", () =>
  inFolder(async (folder) => {
    const seen: number[] = [];
    const onStep = async () => {
      const state = await stateOf(folder);
      seen.push(state?.steps ?? 0);
    };
    await run({ epochs: 2, checkpoint: { folder, everySteps: 2 }, callbacks: [{ onStep }] });
    // Before each step's own: 2, 3 (the epoch's end), 4, 6.
    assertEquals(seen, [0, 0, 2, 3, 4, 4]);
    assertEquals((await stateOf(folder)).steps, 6);
  }));

Deno.test("everySeconds writes checkpoints within epochs", () =>
  inFolder(async (folder) => {
    const seen: number[] = [];
    const onStep = async () => {
      seen.push((await stateOf(folder))?.steps ?? 0);
    };
    const checkpoint = { folder, everySeconds: 1e-9 };
    await run({ epochs: 1, checkpoint, callbacks: [{ onStep }] });
    assertEquals(seen, [0, 1, 2]);
  }));

Deno.test("keepLast keeps the newest checkpoints, by their steps", () =>
  inFolder(async (folder) => {
    await run({ epochs: 4, checkpoint: { folder, keepLast: 3 } });
    assertEquals(await namesIn(folder), ["checkpoint", "checkpoint-000006", "checkpoint-000009"]);
    assertEquals((await stateOf(folder)).steps, 12);
    assertEquals((await stateOf(folder, "checkpoint-000006")).place.epoch, 2);
    // A resumed run goes on counting.
    await run({ epochs: 5, checkpoint: { folder, keepLast: 2 } });
    assertEquals(await namesIn(folder), ["checkpoint", "checkpoint-000012"]);
  }));

Deno.test("an earlier checkpoint that is put in the newest's place is gone on from", () =>
  inFolder(async (folder) => {
    const checkpoint = { folder, keepLast: 3 };
    const whole = await run({ epochs: 4, checkpoint });
    await Deno.rename(join(folder, "checkpoint-000006"), join(folder, "checkpoint"));
    const again = await run({ epochs: 4, checkpoint });
    const weights = ({ model }: typeof whole) => model.parameters.get("weight")!.value.data;
    assertEquals(weights(again), weights(whole));
    assertEquals(await namesIn(folder), ["checkpoint", "checkpoint-000006", "checkpoint-000009"]);
  }));

Deno.test("keepBest keeps the checkpoint of the best epoch", () =>
  inFolder(async (folder) => {
    const schedule = (step: number) => step < 6 ? 1 : 300;
    const optimizer = adam({ learningRate: 0.01 });
    const options = { epochs: 4, optimizer, schedule };
    const keepBest = { monitor: "validationLoss" };
    const checkpoint = { folder, keepBest };
    const { history } = await run({ ...options, validation: data, checkpoint });
    const losses = history.epochs.map(({ validation }) => validation!.loss);
    const best = 1 + losses.indexOf(Math.min(...losses));
    assert(best < 3, losses.join());
    assertEquals((await stateOf(folder, "best")).place.epoch, best);
    assertEquals((await stateOf(folder)).place.epoch, 4);
    assertEquals(await namesIn(folder), ["best", "checkpoint"]);
    // What was best is known to a run that resumes.
    await run({ ...options, epochs: 5, validation: data, checkpoint });
    assertEquals((await stateOf(folder, "best")).place.epoch, best);
  }));

Deno.test("modelFromCheckpoint() gives the weights of the checkpoint that is asked for", () =>
  inFolder(async (folder) => {
    const checkpoint = { folder, keepLast: 3, keepBest: { monitor: "epochs" } };
    await assertRejects(() => run({ checkpoint }), RangeError, '"epochs"');
    await Deno.remove(folder, { recursive: true });
    const trained: (Float32Array | undefined)[] = [];
    const onEpoch = ({ weights }: EpochEvent) =>
      void trained.push(weights().get("running_mean")!.data as Float32Array);
    const callbacks = [earlyStopping({ monitor: "loss", patience: 9 }), { onEpoch }];
    await run({ epochs: 3, checkpoint: { folder, keepLast: 3 }, callbacks });
    const of = async (which?: "last" | "best" | number) =>
      (await modelFromCheckpoint(normalised(), folder, which === undefined ? {} : { which }))
        .graph.value("running_mean").constant!.data as Float32Array;
    assertEquals(await of(), trained[2]);
    assertEquals(await of("last"), trained[2]);
    assertEquals(await of(3), trained[0]);
    await assertRejects(() => of("best"), Deno.errors.NotFound, join(folder, "best"));
    await assertRejects(
      () => modelFromCheckpoint(smallNetwork(), folder),
      RangeError,
      "is of another model",
    );
  }));

Deno.test("options of a checkpoint policy are checked", async () => {
  await assertRejects(
    () => run({ checkpoint: { folder: "x", keepLast: 0 } }),
    RangeError,
    'fit(): option "checkpoint.keepLast" must be',
  );
  await assertRejects(
    () => run({ checkpoint: {} as { folder: string } }),
    TypeError,
    'fit(): option "checkpoint.folder" is missing',
  );
  await assertRejects(() => run({ checkpoint: "" }), RangeError, 'option "checkpoint"');
});

Deno.test("a checkpoint in two files is whole whenever its replacement ends", () =>
  inFolder(async (folder) => {
    const of = (value: number) => ({
      tensors: new Map([["a", tensor("float32", [64], new Array(64).fill(value))]]),
      state: value,
    });
    const external = { externalFromBytes: 0 };
    const moves = [Deno.rename, Deno.link, Deno.remove, Deno.copyFile] as const;
    const stop = (at: number) => {
      let left = at;
      const counted =
        <A extends unknown[]>(move: (...args: A) => Promise<void>) => (...args: A) => {
          if (left-- <= 0) throw new Error("cut off");
          return move(...args);
        };
      Deno.rename = counted(moves[0]);
      Deno.link = counted(moves[1]);
      Deno.remove = counted(moves[2]);
      Deno.copyFile = counted(moves[3]);
    };
    const restore = () => [Deno.rename, Deno.link, Deno.remove, Deno.copyFile] = moves;
    await writeCheckpoint(folder, of(1), external);
    assertEquals(await namesIn(folder), ["checkpoint", "checkpoint.data"]);
    const found = new Set<unknown>();
    for (let at = 0;; at++) {
      await writeCheckpoint(folder, of(1), external);
      let isDone = false;
      try {
        stop(at);
        await writeCheckpoint(folder, of(2), external);
        isDone = true;
      } catch (error) {
        assert((error as Error).message.includes("cut off"), `${error}`);
      } finally {
        restore();
      }
      const read = (await readCheckpoint(folder))!;
      assertEquals(read.tensors, of(read.state as number).tensors, `cut off at move ${at}`);
      found.add(read.state);
      await writeCheckpoint(folder, of(3), external);
      assertEquals(await namesIn(folder), ["checkpoint", "checkpoint.data"], `after move ${at}`);
      if (isDone) break;
    }
    assertEquals(found, new Set([1, 2]));
  }));

Deno.test("a checkpoint whose numbers were changed is damaged", () =>
  inFolder(async (folder) => {
    await run({ epochs: 1, checkpoint: folder });
    const path = join(folder, "checkpoint");
    const bytes = await Deno.readFile(path);
    const { tensors } = (await readCheckpoint(folder))!;
    const weight = new Uint8Array(
      (tensors.get("weight")!.data as Float32Array<ArrayBuffer>).slice().buffer,
    );
    const at = bytes.findIndex((_, start) =>
      weight.every((byte, offset) => bytes[start + offset] === byte)
    );
    bytes[at]! ^= 1;
    await Deno.writeFile(path, bytes);
    await assertRejects(() => run({ epochs: 2, checkpoint: folder }), SyntaxError, "checksum");
  }));

Deno.test("a checkpoint of another run is refused with what differs, then and now", () =>
  inFolder(async (checkpoint) => {
    await run({ epochs: 1, checkpoint });
    const other = (options: FitOptions, message: string, dataset = data) =>
      assertRejects(() => run({ epochs: 2, checkpoint, ...options }, dataset), RangeError, message);
    await other({ batchSize: 2 }, '"batchSize" (3 then, 2 now)');
    await other({ batchNorm: "running" }, '"batchNorm" (none then, "running" now)');
    await other({ overfitBatches: 1 }, '"overfitBatches" (0 then, 1 now)');
    await other(
      { optimizer: adam({ beta1: 0.8 }), seed: 6 },
      '"optimizer" (name "adamW" then, "adam" now; settings ',
    );
    await other({ seed: 6 }, '"seed" (5 then, 6 now)');
    const [x, y] = [hashed("x", 84), hashed("y", 84)];
    const changed = (count: number) =>
      arrays({
        inputs: { x: tensor("float32", [count, 3, 2, 2], x.slice(0, count * 12)) },
        targets: tensor("float32", [count, 3, 2, 2], y.slice(0, count * 12)),
      });
    await other({}, '"examples" (7 then, 6 now)', changed(6));
    y[5]! += 1;
    await other({}, "the content of the training data (fingerprint ", changed(7));
  }));

Deno.test("augmentation, what is trained and the frozen weights belong to a run", () =>
  inFolder(async (checkpoint) => {
    const options = { epochs: 1, batchSize: 4, verbose: false, checkpoint };
    const model = freeze(smallNetwork(), "conv.weight");
    const few = pictures(4);
    await fit(model, few, { ...options, augment: [horizontalFlip()] });
    const other = (more: FitOptions, message: string, trained = model) =>
      assertRejects(() => fit(trained, few, { ...options, ...more }), RangeError, message);
    await other({ augment: "imagenet" }, '"augment" ([');
    await other({ augment: [horizontalFlip({ probability: 0 })] }, '"augment" ([');
    await other(
      { augment: [horizontalFlip()] },
      '"parameters" (conv.bias [6] then, none now)',
      freeze(model, "conv.bias"),
    );
    const conv = model.parameters.get("conv.weight")!;
    const value = tensor("float32", conv.shape as number[], hashed("other", conv.size));
    const changed = withWeights(model, new Map([["conv.weight", value]]));
    await other({ augment: [horizontalFlip()] }, "the frozen network (fingerprint ", changed);
  }));

Deno.test("targets that are class indices make another content", () =>
  inFolder(async (checkpoint) => {
    const x = tensor("float32", [4, 3, 8, 8], hashed("x", 768));
    const of = (...targets: number[]) =>
      fit(smallNetwork(), arrays({ inputs: { x }, targets: int64s(targets) }), {
        epochs: 1,
        verbose: false,
        checkpoint,
      });
    await of(0, 1, 0, 1);
    await assertRejects(() => of(0, 1, 1, 0), RangeError, "the content of the training data");
  }));
