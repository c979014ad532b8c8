import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { arrays } from "../../src/data/arrays.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { Callback, CallbackState } from "../../src/train/callbacks/callback.ts";
import { earlyStopping } from "../../src/train/callbacks/early_stopping.ts";
import { isBetter, modeOf } from "../../src/train/callbacks/monitor.ts";
import { fit, type FitOptions } from "../../src/train/fit.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { multiplied } from "./small_models.ts";

/** y = x·w, one number, to be 1 for x = 1: the loss is (w − 1)². */
const one = arrays({
  inputs: { x: tensor("float32", [4, 3], new Float32Array(12).fill(1 / 3)) },
  targets: tensor("float32", [4, 1], [1, 1, 1, 1]),
});
/** The validation data want 0.5. */
const half = arrays({
  inputs: { x: tensor("float32", [1, 3], new Float32Array(3).fill(1 / 3)) },
  targets: tensor("float32", [1, 1], [0.5]),
});

function run(options: FitOptions) {
  const fixed = { batchSize: 2, loss: "mse", epochs: 20, verbose: false } as const;
  const optimizer = sgd({ learningRate: 0.2 });
  return fit(multiplied(new Float32Array(3)), one, { ...fixed, optimizer, ...options });
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const weightOf = ({ model }: Awaited<ReturnType<typeof run>>) =>
  model.parameters.get("w.weight")!.value.data as Float32Array;

Deno.test("callbacks are told of the start, steps, epochs and the end, in order", async () => {
  const said: string[] = [];
  const callback: Callback = {
    onStart: ({ epochs, stepsPerEpoch, steps }) => {
      said.push(`start ${epochs} ${stepsPerEpoch} ${steps}`);
    },
    onStep: async ({ step, epoch, loss, learningRate, count }) => {
      await Promise.resolve();
      said.push(`step ${step} of epoch ${epoch}: ${loss} ${learningRate} ${count}`);
    },
    onEpoch: ({ record, history }) => {
      said.push(`epoch ${record.epoch} of ${history.epochs.length}`);
    },
    onEnd: ({ history }) => {
      said.push(`end ${history.epochs.length}`);
    },
  };
  await run({ epochs: 2, optimizer: sgd({ learningRate: 1e-30 }), callbacks: [callback] });
  assertEquals(said, [
    "start 2 2 0",
    "step 1 of epoch 1: 1 1e-30 2",
    "step 2 of epoch 1: 1 1e-30 2",
    "epoch 1 of 1",
    "step 3 of epoch 2: 1 1e-30 2",
    "step 4 of epoch 2: 1 1e-30 2",
    "epoch 2 of 2",
    "end 2",
  ]);
});

Deno.test("weights() and model() of an event are those after the step, and stay so", async () => {
  const seen: number[][] = [];
  let kept: ReadonlyMap<string, { data: unknown }> = new Map();
  const callback: Callback = {
    onStep({ step, model, weights }) {
      if (step === 1) kept = weights();
      const inModel = model().parameters.get("w.weight")!.value.data as Float32Array;
      seen.push([inModel[0]!]);
      assertEquals(weights().get("w.weight")!.data as Float32Array, inModel);
    },
  };
  const result = await run({ epochs: 1, callbacks: [callback] });
  assertEquals(seen.length, 2);
  assert(seen[0]![0]! < seen[1]![0]!);
  assertEquals(seen[1]![0], weightOf(result)[0]);
  assertEquals((kept.get("w.weight")!.data as Float32Array)[0], seen[0]![0]);
});

Deno.test("stop() in a step ends the run there, and a run that resumes stays ended", () =>
  inFolder(async (checkpoint) => {
    const steps: number[] = [];
    const callback: Callback = {
      onStep({ step, stop }) {
        steps.push(step);
        if (step === 3) stop("enough");
      },
    };
    const first = await run({ checkpoint, callbacks: [callback] });
    assertEquals([steps, first.stopped, first.history.epochs.length], [[1, 2, 3], "enough", 1]);
    const again = await run({ checkpoint, callbacks: [callback] });
    assertEquals([steps.length, again.stopped], [3, "enough"]);
    assertEquals(weightOf(again), weightOf(first));
  }));

Deno.test("an error of a callback ends training", async () => {
  const onEpoch = () => {
    throw new Error("no more");
  };
  await assertRejects(() => run({ callbacks: [{ onEpoch }] }), Error, "no more");
});

Deno.test("states of callbacks come back from a checkpoint, tensors and odd numbers too", () =>
  inFolder(async (checkpoint) => {
    const kept = new Map<string, CallbackState>();
    const keeper = (name: string, state: CallbackState): Callback => ({
      name,
      state: () => state,
      restore: (restored) => void kept.set(name, restored),
    });
    const a = {
      list: [1, NaN, -Infinity, null, "text", true],
      one: tensor("float32", [2], [3, 4]),
    };
    const b = [{ deep: tensor("int64", [1], BigInt64Array.of(5n)) }];
    await run({ epochs: 1, checkpoint, callbacks: [keeper("a", a), {}, keeper("b", b)] });
    const others = [keeper("b", 0), keeper("new", 0), keeper("a", 0)];
    await run({ epochs: 2, checkpoint, callbacks: others });
    assertEquals(kept.get("a"), a);
    assertEquals(kept.get("b"), b);
    assertEquals(kept.has("new"), false);
  }));

Deno.test("earlyStopping() ends a run without progress and gives the best epoch's weights", async () => {
  const first = await run({ validation: half });
  const losses = first.history.epochs.map(({ validation }) => validation!.loss);
  const best = losses.indexOf(Math.min(...losses));
  assert(best > 0 && best < 15, `the best epoch of ${losses} should not be at an end`);
  const result = await run({ validation: half, callbacks: [earlyStopping({ patience: 3 })] });
  assertEquals(result.history.epochs.length, best + 1 + 3);
  assertEquals(
    result.stopped?.startsWith("no better validationLoss for 3 epochs; best "),
    true,
    result.stopped,
  );
  const { history } = await run({ validation: half, epochs: best + 1 });
  assertEquals(history.epochs[best]!.validation!.loss, losses[best]);
  assertEquals(weightOf(result), weightOf(await run({ epochs: best + 1 })));
});

Deno.test("earlyStopping() with restoreBest false gives the last epoch's weights", async () => {
  const callbacks = [earlyStopping({ patience: 2, restoreBest: false })];
  const stopped = await run({ validation: half, callbacks });
  const { length } = stopped.history.epochs;
  assert(length < 20);
  assertEquals(weightOf(stopped), weightOf(await run({ epochs: length })));
});

Deno.test("the best weights of earlyStopping() survive a resumption", () =>
  inFolder(async (checkpoint) => {
    const callbacks = () => [earlyStopping({ patience: 3 })];
    const whole = await run({ validation: half, callbacks: callbacks() });
    const { length } = whole.history.epochs;
    // Two epochs past the best one, and then the third.
    const options = { validation: half, checkpoint };
    await run({ ...options, epochs: length - 1, callbacks: callbacks() });
    const resumed = await run({ ...options, callbacks: callbacks() });
    assertEquals(resumed.stopped, whole.stopped);
    assertEquals(resumed.history.epochs.length, length);
    assertEquals(weightOf(resumed), weightOf(whole));
    const again = await run({ ...options, callbacks: callbacks() });
    assertEquals(weightOf(again), weightOf(whole));
  }));

Deno.test("earlyStopping() names the numbers there are where the one wanted is not", async () => {
  const start = (options: FitOptions) => run({ epochs: 1, ...options });
  await assertRejects(
    () => start({ callbacks: [earlyStopping()] }),
    RangeError,
    'no number "validationLoss"; give fit() "validation" data',
  );
  await assertRejects(
    () => start({ callbacks: [earlyStopping({ monitor: "acuracy" })] }),
    RangeError,
    'did you mean "accuracy"?',
  );
  assertThrows(
    () => earlyStopping({ patience: 0 }),
    RangeError,
    'earlyStopping(): option "patience"',
  );
});

Deno.test("what is better follows the mode and minDelta; NaN never is", () => {
  assertEquals(isBetter(1, 2, { mode: "min" }), true);
  assertEquals(isBetter(1, 2, { mode: "max" }), false);
  assertEquals(isBetter(1.95, 2, { mode: "min", minDelta: 0.1 }), false);
  assertEquals(isBetter(2.2, 2, { mode: "max", minDelta: 0.1 }), true);
  assertEquals(isBetter(2, 2, { mode: "max" }), false);
  assertEquals(isBetter(NaN, undefined, { mode: "min" }), false);
  assertEquals(isBetter(5, undefined, { mode: "min" }), true);
  assertEquals(["loss", "validationLoss", "f1", "validationAccuracy"].map(modeOf), [
    "min",
    "min",
    "max",
    "max",
  ]);
});

Deno.test("an aborted run says so and gives what is trained so far", async () => {
  const stop = new AbortController();
  const onStep = ({ step }: { step: number }) => step === 3 && stop.abort();
  const result = await run({
    signal: stop.signal,
    callbacks: [{ onStep: (event) => void onStep(event) }],
  });
  assertEquals([result.stopped, result.history.epochs.length], ["the signal ended it", 1]);
  assertAlmostEquals(weightOf(result)[0]!, 1 - (1 - 0.4 / 3) ** 3, 1e-6);
  const before = await run({ signal: AbortSignal.abort() });
  assertEquals(weightOf(before), new Float32Array(3));
});

Deno.test("a run aborted while it validates resumes with the same numbers", () =>
  inFolder(async (checkpoint) => {
    const x = tensor("float32", [6, 3], hashed("x", 18));
    const targets = tensor("float32", [6, 1], hashed("y", 6));
    const held = arrays({ inputs: { x }, targets });
    const whole = await run({ validation: held, epochs: 2 });
    const stop = new AbortController();
    let reads = 0;
    const watched = {
      ...held,
      // The first example is read for its shape.
      get: (index: number) => (++reads > 4 && stop.abort(), held.get(index)),
    };
    const cut = await run({ validation: watched, epochs: 2, checkpoint, signal: stop.signal });
    assertEquals(cut.history.epochs.length, 0);
    const resumed = await run({ validation: held, epochs: 2, checkpoint });
    const numbers = ({ history }: typeof whole) =>
      history.epochs.map(({ loss, learningRate, validation }) => [loss, learningRate, validation]);
    assertEquals(numbers(resumed), numbers(whole));
    assertEquals(weightOf(resumed), weightOf(whole));
  }));
