import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { OptimizerGroup } from "../../src/artifacts/checkpoint/checkpoint.ts";
import { readCheckpoint as readOfficial } from "../../src/artifacts/checkpoint/checkpoint_file.ts";
import { arrays } from "../../src/data/arrays.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { readCheckpoint, writeCheckpoint } from "../../src/train/checkpoint.ts";
import { digitCnn } from "../../models/digit_cnn.ts";
import { fit, type FitOptions } from "../../src/train/fit.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { multiplied, normalised } from "./small_models.ts";

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

async function onlyFile(folder: string): Promise<string> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) names.push(name);
  assertEquals(names.length, 1, names.join());
  return join(folder, names[0]!);
}

function run(options: FitOptions) {
  const fixed = { batchSize: 3, loss: "mse", seed: 5, verbose: false } as const;
  return fit(normalised(), data, { ...fixed, ...options });
}

for (
  const optimizer of [sgd({ learningRate: 0.1, momentum: 0.9 }), adam({ learningRate: 0.01 })]
) {
  Deno.test(`a run with ${optimizer.name} and batch normalisation resumes bit for bit`, () =>
    inFolder(async (checkpoint) => {
      const whole = await run({ optimizer, epochs: 4 });
      await run({ optimizer, epochs: 2, checkpoint });
      const resumed = await run({ optimizer, epochs: 4, checkpoint });
      for (const name of ["weight", "bias", "running_mean", "running_var"]) {
        const [a, b] = [whole, resumed].map(({ model }) => model.graph.value(name).constant!.data);
        assertEquals(a, b, name);
      }
      const losses = (one: typeof whole) => one.history.epochs.map(({ loss }) => loss);
      assertEquals(losses(resumed), losses(whole));
    }));
}

Deno.test("a checkpoint comes back as it was written", () =>
  inFolder(async (folder) => {
    const tensors = new Map([["a", tensor("float32", [2, 2], [1, 2, 3, 4])]]);
    const state = { epoch: 3, losses: [0.1, NaN, -Infinity], name: "1", none: null };
    await writeCheckpoint(folder, { tensors, state });
    const read = await readCheckpoint(folder);
    assertEquals(read?.state, state);
    assertEquals(read?.tensors.get("a"), tensors.get("a"));
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  }));

Deno.test("no checkpoint is no error", () =>
  inFolder(async (folder) => assertEquals(await readCheckpoint(folder), undefined)));

for (
  const [name, damage] of [
    ["cut short in its tensors", (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 4)],
    ["cut short in its first table", (bytes: Uint8Array) => bytes.subarray(0, 20)],
    ["cut short in its root", (bytes: Uint8Array) => bytes.subarray(0, 5)],
    ["empty", () => new Uint8Array()],
    ["of a root that lies beyond its end", (bytes: Uint8Array) => bytes.with(3, 255)],
    ["of another format", (bytes: Uint8Array) => bytes.with(6, 255)],
  ] as const
) {
  Deno.test(`a checkpoint ${name} is an error that names the file, and stays as it is`, () =>
    inFolder(async (folder) => {
      await run({ epochs: 1, checkpoint: folder });
      const path = await onlyFile(folder);
      await Deno.writeFile(path, damage(await Deno.readFile(path)));
      const damaged = await Deno.readFile(path);
      const error = await assertRejects(
        () => run({ epochs: 2, checkpoint: folder }),
        SyntaxError,
        path,
      );
      assertEquals(error.message.includes("start anew"), true);
      assertEquals(await Deno.readFile(path), damaged);
    }));
}

Deno.test("a checkpoint of another run is refused and stays as it is", () =>
  inFolder(async (checkpoint) => {
    await run({ epochs: 1, checkpoint });
    const path = await onlyFile(checkpoint);
    const before = await Deno.readFile(path);
    for (
      const other of [
        { optimizer: sgd() },
        { optimizer: adam({ beta1: 0.8 }) },
        { batchSize: 2 },
        { seed: 6 },
        { shuffle: false },
        { loss: "binaryCrossEntropy" },
      ] satisfies FitOptions[]
    ) {
      await assertRejects(
        () => run({ epochs: 2, checkpoint, ...other }),
        RangeError,
        "another run",
      );
    }
    assertEquals(await Deno.readFile(path), before);
  }));

Deno.test("a checkpoint of weights of other shapes is of another run", () =>
  inFolder(async (checkpoint) => {
    const x = tensor("float32", [3, 3], hashed("x", 9));
    const options = { epochs: 1, loss: "mse", verbose: false, checkpoint } as const;
    const of = (outputs: number) => {
      const targets = tensor("float32", [3, outputs], hashed("t", 3 * outputs));
      return fit(multiplied(hashed("w", 3 * outputs)), arrays({ inputs: { x }, targets }), options);
    };
    await of(2);
    await assertRejects(() => of(1), RangeError, "another run");
    await assertRejects(() => of(3), RangeError, "another run");
  }));

Deno.test("a checkpoint half written beside a whole one is of no account", () =>
  inFolder(async (checkpoint) => {
    const whole = await run({ epochs: 3 });
    await run({ epochs: 2, checkpoint });
    const path = await onlyFile(checkpoint);
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(`${path}.12345678.part`, bytes.subarray(0, bytes.length / 2));
    const resumed = await run({ epochs: 3, checkpoint });
    assertEquals(
      resumed.model.parameters.get("weight")!.value.data,
      whole.model.parameters.get("weight")!.value.data,
    );
    assertEquals(await onlyFile(checkpoint), path);
  }));

Deno.test("a run that was ended in the middle of an epoch resumes bit for bit", () =>
  inFolder(async (checkpoint) => {
    const x = tensor("float32", [6, 1, 28, 28], hashed("pixels", 6 * 784));
    const all = arrays({ inputs: { x }, targets: tensor("int64", [6], [0, 1, 2, 3, 4, 5]) });
    const model = digitCnn({ seed: 1 });
    const options = { epochs: 3, batchSize: 2, optimizer: sgd(), verbose: false };
    const whole = await fit(model, all, options);
    const stop = new AbortController();
    let steps = 0;
    // Three steps an epoch: the fifth is in the middle of the second.
    const schedule = () => (++steps === 5 && stop.abort(), 1);
    const cut = await fit(model, all, { ...options, schedule, signal: stop.signal, checkpoint });
    assertEquals([steps, cut.history.epochs.length], [5, 1]);
    const resumed = await fit(model, all, { ...options, checkpoint });
    for (const [name, { value }] of whole.model.parameters) {
      assertEquals(resumed.model.parameters.get(name)!.value.data, value.data, name);
    }
    const losses = (one: typeof whole) => one.history.epochs.map(({ loss }) => loss);
    assertEquals(losses(resumed), losses(whole));
  }));

Deno.test("a run that is over gives its model again", () =>
  inFolder(async (checkpoint) => {
    const first = await run({ epochs: 2, checkpoint });
    const again = await run({ epochs: 2, checkpoint });
    assertEquals(again.history, first.history);
    for (const name of ["weight", "bias", "running_mean", "running_var"]) {
      const [a, b] = [first, again].map(({ model }) => model.graph.value(name).constant!.data);
      assertEquals(a, b, name);
    }
  }));

Deno.test("the checkpoint of a run is one of ONNX Runtime's on-device training", () =>
  inFolder(async (checkpoint) => {
    const optimizer = adam({ learningRate: 0.01 });
    await run({ optimizer, epochs: 2, checkpoint });
    const { trainable, frozen, optimizerGroups } = await readOfficial(await onlyFile(checkpoint));
    assertEquals(new Set(trainable.keys()), new Set(["weight", "bias"]));
    assertEquals(new Set(frozen.keys()), new Set(["running_mean", "running_var"]));
    const [{ name, step, moments }] = optimizerGroups as [OptimizerGroup];
    // Seven examples in batches of three, twice.
    assertEquals([name, step], ["group0", 6]);
    assertEquals([...moments.get("weight")!.keys()], ["momentum0", "momentum1"]);
    assertEquals(moments.get("weight")!.get("momentum1")!.dims, trainable.get("weight")!.dims);
  }));
