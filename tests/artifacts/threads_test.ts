import { assert, assertEquals, assertThrows } from "@std/assert";
import { adamW, sgd } from "../../mod.ts";
import { compileUpdate, type FlatUpdate } from "../../src/artifacts/update/compile_update.ts";
import { compileGradientNorm } from "../../src/artifacts/update/gradient_norm.ts";
import { renderWasm } from "../../src/artifacts/update/render_wasm.ts";
import { alone, Crew, type Message } from "../../src/artifacts/update/threads/crew.ts";
import { sharesOf } from "../../src/artifacts/update/threads/shares.ts";
import { DONE, FAILED, NEXT, takeShares } from "../../src/artifacts/update/threads/tickets.ts";
import { updateKernel } from "../../src/artifacts/update/update_rule.ts";
import { wasmModule } from "../../src/artifacts/update/wasm/module.ts";
import { fitSettings } from "../../src/train/fit_options.ts";
import { type UpdateOutcome, UpdateStep } from "../../src/train/update_step.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { multiplied } from "../train/small_models.ts";

for (const count of [0, 1, 262_143, 262_144, 262_145, 1_000_003]) {
  Deno.test(`${count} elements are divided into shares without a gap`, () => {
    const shares = sharesOf(count);
    let next = 0;
    for (const share of shares) {
      assertEquals([share.start, share.start % 16], [next, 0]);
      next += share.count;
    }
    assertEquals(next, count);
    assertEquals(shares.length > 1, count > 262_143);
  });
}

/** Memory for `arrays` of `count` elements, `shared` or not, with numbers in the first two. */
function memoryOf(count: number, arrays: number, shared: boolean) {
  const pages = Math.ceil(4 * count * arrays / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  const array = (at: number) =>
    new Float32Array(memory.buffer as ArrayBuffer, 4 * count * at, count);
  array(0).set(hashed("parameters", count));
  array(1).set(hashed("gradients", count));
  return { memory, array };
}

const COUNT = 300_016;

function threeSteps(update: FlatUpdate) {
  const at = { count: COUNT, parameters: 0, gradients: 4 * COUNT, state: [8 * COUNT, 12 * COUNT] };
  for (let step = 1; step <= 3; step++) update.run(at, step, 0.01);
}

Deno.test("threads come to the same numbers as one alone, bit for bit", () => {
  const one = memoryOf(COUNT, 4, false);
  threeSteps(compileUpdate(adamW(), one.memory));
  const norm = compileGradientNorm(one.memory).sumOfSquares(0, COUNT);

  const several = memoryOf(COUNT, 4, true);
  const crew = new Crew(several.memory);
  try {
    threeSteps(compileUpdate(adamW(), several.memory, {}, crew));
    assertEquals(compileGradientNorm(several.memory, crew).sumOfSquares(0, COUNT), norm);
  } finally {
    crew.release();
  }
  for (const at of [0, 1, 2, 3]) assert(one.array(at).every((x, i) => x === several.array(at)[i]));
  assert(norm > 0);
});

Deno.test("a thread does the shares that nobody else takes, and none of work that is over", async () => {
  const { memory, array } = memoryOf(COUNT, 2, true);
  const kernel = updateKernel(sgd(), {});
  const control = new Int32Array(new SharedArrayBuffer(16));
  const results = new Float64Array(new SharedArrayBuffer(512));
  const url = new URL("../../src/artifacts/update/threads/worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const tell = (message: Message) => worker.postMessage(message);
  const work = (first: number, rate: number) =>
    tell({
      kind: "work",
      module: 0,
      name: kernel.name,
      first,
      shares: sharesOf(COUNT).map(({ start, count }) => [
        count,
        4 * start,
        4 * (COUNT + start),
        ...kernel.scalars.map(() => rate),
      ]),
    });
  try {
    tell({ kind: "start", memory, control, results });
    tell({
      kind: "module",
      module: new WebAssembly.Module(wasmModule([renderWasm(kernel)], true)),
    });
    const before = array(0).slice();
    const shares = sharesOf(COUNT).length;
    work(0, 0.5);
    work(0, 1000); // taken already
    work(shares, 0.25);
    while (Atomics.load(control, DONE) < 2 * shares) await new Promise((go) => setTimeout(go, 5));
    const expected = before.map((p, i) => p - Math.fround(0.5 * array(1)[i]!))
      .map((p, i) => p - Math.fround(0.25 * array(1)[i]!));
    assertEquals(array(0), expected);
    assertEquals([control[NEXT], control[DONE], control[FAILED]], [2 * shares, 2 * shares, 0]);
  } finally {
    worker.terminate();
  }
});

Deno.test("a share that fails is told, and nobody waits for it", () => {
  const control = new Int32Array(4);
  const failing = () => {
    throw new Error("no");
  };
  assertThrows(() => takeShares(control, { first: 0, count: 2 }, failing), Error, "no");
  assertEquals([control[NEXT], control[DONE], control[FAILED]], [1, 1, 1]);
});

Deno.test("the numbers of shares go on past the largest int32", () => {
  const control = Int32Array.of(2 ** 31 - 1, 0, 0, 0);
  const done: number[] = [];
  takeShares(control, { first: 2 ** 31 - 1, count: 3 }, (share) => done.push(share));
  takeShares(control, { first: 2 ** 31 - 1, count: 3 }, (share) => done.push(share));
  assertEquals([done, control[NEXT]], [[0, 1, 2], -(2 ** 31) + 2]);
});

Deno.test("where workers cannot start, or have ended, this thread does all", () => {
  const one = memoryOf(COUNT, 4, false);
  threeSteps(compileUpdate(adamW(), one.memory, {}, alone(one.memory)));
  const left = memoryOf(COUNT, 4, true);
  const crew = new Crew(left.memory);
  crew.release();
  threeSteps(compileUpdate(adamW(), left.memory, {}, crew));
  assert(one.array(0).every((x, i) => x === left.array(0)[i]));
});

Deno.test("a step by threads is that of one alone", async () => {
  const weights = hashed("weights", 1_200_000);
  const settings = fitSettings(
    { optimizer: adamW(), clip: { norm: 1 } },
  );
  const outcomes: (UpdateOutcome & { readonly parameters: Float32Array })[] = [];
  for (const threads of [false, true]) {
    const update = new UpdateStep(multiplied(weights.slice()), settings, threads);
    update.memory.region(1).set(hashed("gradients", update.memory.count));
    const outcome = await update.take(1, 0.01, () => Promise.resolve());
    outcomes.push({ ...outcome, parameters: update.memory.region(0).slice() });
    update.release();
  }
  assertEquals(outcomes[0]!.gradientNorm, outcomes[1]!.gradientNorm);
  assert(outcomes[0]!.parameters.every((x, i) => x === outcomes[1]!.parameters[i]));
  assert(outcomes[0]!.parameters.some((x, i) => x !== weights[i]));
});
