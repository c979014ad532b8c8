import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { nativeEngine } from "../../../src/runtime/native/engine.ts";
import { cpu, nodeCpu } from "../../../src/runtime/onnxruntime.ts";
import type { Resident, Runtime } from "../../../src/runtime/runtime.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { DivergenceError } from "../../../src/train/divergence_error.ts";
import type { FitOptions } from "../../../src/train/fit.ts";
import { adamW } from "../../../src/train/optimizers/adamw.ts";
import { sgd } from "../../../src/train/optimizers/sgd.ts";
import { assertSameWeights, data, optimizers, SIZE, train } from "./small_runs.ts";

/** What crossed to the engine and back. */
interface Crossed {
  up: number;
  down: number;
  runs: number;
}

/**
 * The CPU as if it were a device: what changes stays in the engine's own memory, and steps take the way
 * of a captured graph, or the one of a device that captures none.
 */
function deviceLike(
  crossed: Crossed = { up: 0, down: 0, runs: 0 },
  mayCapture = true,
): Runtime {
  const bytes = (all: Readonly<Record<string, Tensor | Resident>>) =>
    Object.values(all).reduce((sum, one) => sum + ("data" in one ? one.data.byteLength : 0), 0);
  return {
    ...cpu,
    keepsResident: true,
    session: async (model, options) => {
      const captures = mayCapture && options?.captures === true;
      const session = await cpu.session(model, { ...options, captures });
      return {
        ...session,
        runResident: async (feeds, into) => {
          const given = await session.runResident(feeds, into);
          crossed.up += bytes(feeds);
          crossed.down += bytes(given.home);
          crossed.runs++;
          return given;
        },
      };
    },
  };
}

for (const optimizer of optimizers) {
  Deno.test(`ten steps with ${optimizer.name} on a device are those at home`, async () => {
    const notes: string[] = [];
    const found = await train(deviceLike(), { optimizer }, { notes });
    const known = await train(cpu, { optimizer });
    // Lion steps by a sign, which rounding may turn where a moment is next to nothing.
    assertSameWeights(found.model, known.model, optimizer.name === "lion" ? 3e-3 : 2e-5);
    found.history.epochs.forEach((epoch, at) => {
      assertAlmostEquals(epoch.loss, known.history.epochs[at]!.loss, 1e-4);
      assertEquals(epoch.accuracy, known.history.epochs[at]!.accuracy);
    });
    const travels = ["adafactor", "lamb", "sam"].some((name) => optimizer.name.startsWith(name));
    if (travels) assert(notes[0]?.includes(optimizer.name), notes.join());
    else assertEquals(notes, []);
  });
}

Deno.test("steps that are not captured, and memory that the engine makes anew, come to the same", async () => {
  const options: FitOptions = { optimizer: adamW() };
  const known = await train(deviceLike(), options);
  const uncaptured = await train(deviceLike(undefined, false), options);
  assertSameWeights(uncaptured.model, known.model, 0);
  const roomless = { ...deviceLike(), rooms: () => Promise.resolve(undefined) };
  assertSameWeights((await train(roomless, options)).model, known.model, 0);
});

Deno.test("steps as they are written out for CUDA come to the same", async () => {
  const options: FitOptions = { optimizer: adamW() };
  const cuda: Runtime = {
    ...deviceLike(),
    device: "cuda",
    channelBlock: () => Promise.resolve(1),
  };
  const found = await train(cuda, options);
  assertSameWeights(found.model, (await train(cpu, options)).model, 2e-5);
});

Deno.test("200 steps on a device leave nothing of the engine's behind", async () => {
  const { owned } = nativeEngine()!;
  const before = owned.size;
  const sizes: number[] = [];
  const schedule = () => (sizes.push(owned.size), 1);
  await train(deviceLike(), { optimizer: adamW(), epochs: 40, schedule });
  assertEquals(sizes.length, 200);
  // What the host's tensors keep goes when these are collected.
  assert(
    sizes[199]! - sizes[9]! <= 8,
    `${sizes[9]} values after 10 steps, ${sizes[199]} after 200`,
  );
  assert(owned.size - before <= 8, `${before} values before, ${owned.size} after`);
});

Deno.test("clipping, groups of parameters and a schedule are the same on a device", async () => {
  const options: FitOptions = {
    optimizer: adamW({ learningRate: 0.01 }),
    clip: { norm: 0.5 },
    groups: [{ parameters: /^fc/, factor: 3 }],
    schedule: (step) => 1 / (1 + step),
  };
  const found = await train(deviceLike(), options);
  assertSameWeights(found.model, (await train(cpu, options)).model, 2e-5);
  const byValue: FitOptions = { ...options, clip: { value: 0.01 } };
  const clipped = await train(deviceLike(), byValue);
  assertSameWeights(clipped.model, (await train(cpu, byValue)).model, 2e-5);
});

Deno.test("validation between the epochs sees what was learned on the device", async () => {
  const validation = data(12);
  const found = await train(deviceLike(), { validation });
  const known = await train(cpu, { validation });
  found.history.epochs.forEach((epoch, at) => {
    const other = known.history.epochs[at]!;
    assertAlmostEquals(epoch.validation!.loss, other.validation!.loss, 1e-4);
  });
});

Deno.test("pictures, labels and loss are what crosses to a device and back", async () => {
  const crossed: Crossed = { up: 0, down: 0, runs: 0 };
  const epochs = async (count: number) => {
    Object.assign(crossed, { up: 0, down: 0, runs: 0 });
    await train(deviceLike(crossed), { epochs: count, optimizer: adamW() });
    return { ...crossed };
  };
  const [two, five] = [await epochs(2), await epochs(5)];
  const steps = 3 * 5;
  // Once an epoch everything comes home, and nothing but that run has no loss.
  const runs = five.runs - two.runs;
  assertEquals(runs, steps + 3);
  const picture = 4 * SIZE ** 2;
  const mask = 4 * SIZE ** 2 / 4;
  const numbers = 4 * Object.keys(adamW().scalars(1, 1)).length;
  // Four pictures, their masks of dropout, labels (int64) and weights, and the optimizer's numbers.
  assertEquals((five.up - two.up) / steps, 4 * (picture + mask + 8 + 4) + numbers);
  // The loss, the length of the gradients and how many were right; once an epoch the parameters, the two
  // moments of each and the running statistics.
  const elements = 4 * 9 + (4 + 4) + (64 * 3 + 3);
  assertEquals(five.down - two.down, steps * 3 * 4 + 3 * 4 * (3 * elements + 8));
});

Deno.test("a checkpoint of a run on a device goes on there and ends where an uninterrupted run does", async () => {
  const folder = await Deno.makeTempDir();
  const options: FitOptions = { optimizer: adamW(), epochs: 4 };
  const whole = await train(deviceLike(), options);
  const aborted = new AbortController();
  let steps = 0;
  const stopping = { onStep: () => void (++steps === 7 && aborted.abort()) };
  await train(deviceLike(), {
    ...options,
    checkpoint: { folder, everySteps: 1 },
    callbacks: [stopping],
    signal: aborted.signal,
  });
  const resumed = await train(deviceLike(), {
    ...options,
    checkpoint: { folder, everySteps: 1 },
    callbacks: [{}],
  });
  assertSameWeights(resumed.model, whole.model, 0);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("numbers that are not finite change nothing on a device and are named", async () => {
  const options = { optimizer: sgd({ learningRate: 1e30 }) };
  const error = await assertRejects(() => train(deviceLike(), options), DivergenceError);
  const known = await assertRejects(() => train(cpu, options), DivergenceError);
  assertEquals(error.message, known.message);
});

Deno.test("onnxruntime-node's own binding keeps nothing and comes to the same", async () => {
  const runtime = { ...nodeCpu, keepsResident: true };
  const found = await train(runtime, { optimizer: adamW() });
  assertSameWeights(found.model, (await train(cpu, { optimizer: adamW() })).model, 2e-5);
});
