import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { compileUpdate } from "../../src/artifacts/update/compile_update.ts";
import {
  absolute,
  add,
  divide,
  element,
  type Expr,
  maximum,
  minimum,
  multiply,
  negate,
  scalar,
  squareRoot,
  subtract,
} from "../../src/artifacts/update/expression.ts";
import { compileGradientNorm } from "../../src/artifacts/update/gradient_norm.ts";
import { interpretUpdate } from "../../src/artifacts/update/interpret.ts";
import { updateKernel, type UpdateRule } from "../../src/artifacts/update/update_rule.ts";
import { hashed } from "../autodiff/golden_numbers.ts";

const SLOT_BYTES = 64;

/** A rule whose one step is `formula`, and whose state counts the steps. */
function ruleOf(formula: (p: Expr, g: Expr, s: Expr) => Expr): UpdateRule {
  return {
    name: "tested",
    learningRate: 0.1,
    state: ["steps"],
    settings: {},
    scalars: (step, learningRate) => ({ rate: learningRate / step }),
    update: ({ parameter, gradient, state, scalar }) => ({
      parameter: formula(parameter, gradient, scalar.rate!),
      state: { steps: add(state.steps!, 1) },
    }),
  };
}

/** One step over the numbers given, by both back ends. */
function step(rule: UpdateRule, parameters: Float32Array, gradients: Float32Array) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const count = parameters.length;
  const region = (index: number) => new Float32Array(memory.buffer, SLOT_BYTES * index, count);
  region(0).set(parameters);
  region(1).set(gradients);
  const at = { count, parameters: 0, gradients: SLOT_BYTES, state: [2 * SLOT_BYTES] };
  compileUpdate(rule, memory).run(at, 3, 0.1);
  const plain = { parameters: parameters.slice(), gradients, state: [new Float32Array(count)] };
  interpretUpdate(rule, plain, 3, 0.1);
  return { wasm: region(0).slice(), steps: region(2).slice(), plain, memory };
}

const AWKWARD = Float32Array.of(0, -0, 1e38, -1e38, NaN, Infinity, -Infinity, 1e-45, 3, -7, 0.1);
const OTHERS = Float32Array.of(-0, 0, 1e38, 1, 2, -Infinity, NaN, 1e-45, -3, -7, 0.2);

for (
  const [name, formula, meaning] of [
    ["add", add, (a: number, b: number) => a + b],
    ["subtract", subtract, (a: number, b: number) => a - b],
    ["multiply", multiply, (a: number, b: number) => a * b],
    ["divide", divide, (a: number, b: number) => a / b],
    ["minimum", minimum, Math.min],
    ["maximum", maximum, Math.max],
    ["squareRoot", (p: Expr) => squareRoot(p), (a: number) => Math.sqrt(a)],
    ["absolute", (p: Expr) => absolute(p), (a: number) => Math.abs(a)],
    ["negate", (p: Expr) => negate(p), (a: number) => -a],
    // fround(0.1 / 3) is what both back ends are given
    [
      "a scalar",
      (p: Expr, _: Expr, s: Expr) => multiply(p, s),
      (a: number) => a * Math.fround(0.1 / 3),
    ],
    ["a constant", (p: Expr) => multiply(p, 0.1), (a: number) => a * Math.fround(0.1)],
  ] as const
) {
  Deno.test(`${name} is float32 arithmetic in four lanes, in one and in TypeScript`, () => {
    const { wasm, plain } = step(ruleOf(formula), AWKWARD, OTHERS);
    const expected = AWKWARD.map((number, i) => meaning(number, OTHERS[i]!));
    assertEquals(wasm, expected);
    assertEquals(plain.parameters, expected);
  });
}

Deno.test("every length is updated whole, and nothing beyond it", () => {
  const rule = ruleOf((p, g, rate) => subtract(p, multiply(rate, g)));
  for (let count = 0; count <= 13; count++) {
    const { wasm, steps, plain, memory } = step(rule, hashed("p", count), hashed("g", count));
    assertEquals(wasm, plain.parameters);
    assertEquals(steps, new Float32Array(count).fill(1));
    for (const slot of [0, 2]) {
      const beyond = new Float32Array(memory.buffer, SLOT_BYTES * slot + 4 * count, 16 - count);
      assertEquals(beyond, new Float32Array(16 - count), `after ${count} elements`);
    }
  }
});

Deno.test("all formulas see the values before the step", () => {
  const swap: UpdateRule = {
    ...ruleOf((p) => p),
    update: ({ parameter, state }) => ({
      parameter: state.steps!,
      state: { steps: add(parameter, state.steps!) },
    }),
  };
  const { wasm, steps, plain } = step(swap, Float32Array.of(1, 2, 3, 4, 5), new Float32Array(5));
  assertEquals(wasm, new Float32Array(5));
  assertEquals(steps, Float32Array.of(1, 2, 3, 4, 5));
  assertEquals(plain.state[0], steps);
});

Deno.test("an array that does not fit the memory is refused before anything is written", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const bytes = memory.buffer.byteLength;
  const update = compileUpdate(ruleOf((p) => add(p, 1)), memory);
  const fine = { count: 4, parameters: 0, gradients: 64, state: [128] };
  const wrong = [
    [{ ...fine, gradients: bytes - 12 }, "gradient"],
    [{ ...fine, state: [bytes] }, "steps"],
    [{ ...fine, parameters: 2 }, "multiple of 4"],
    [{ ...fine, parameters: -4 }, "parameter"],
    [{ ...fine, count: 1.5 }, "1.5"],
    [{ ...fine, state: [] }, "found 0 offsets"],
  ] as const;
  for (const [at, name] of wrong) {
    assertThrows(() => update.run(at, 1, 0.1), RangeError, name);
  }
  assertEquals(new Float32Array(memory.buffer).every((number) => number === 0), true);
  update.run({ ...fine, state: [bytes - 16] }, 1, 0.1);
  assertEquals(new Float32Array(memory.buffer, 0, 5), Float32Array.of(1, 1, 1, 1, 0));
});

Deno.test("a rule that is not whole is an error that names what is amiss", () => {
  const rule = ruleOf((p) => p);
  assertThrows(() => updateKernel({ ...rule, state: ["gradient"] }), RangeError, '"gradient"');
  assertThrows(() => updateKernel({ ...rule, state: ["a", "a"] }), RangeError, '"a"');
  assertThrows(() => updateKernel({ ...rule, state: ["other"] }), TypeError, '"other"');
  const memory = new WebAssembly.Memory({ initial: 1 });
  for (const [unknown, known] of [[scalar("beta"), "rate"], [element("velocity"), "gradient"]]) {
    const error = assertThrows(
      () => compileUpdate(ruleOf(() => unknown as Expr), memory),
      RangeError,
      (unknown as { name?: string; buffer?: string }).name ?? "velocity",
    );
    assertEquals(error.message.includes(known as string), true, error.message);
  }
});

Deno.test("the norm of gradients neither overflows nor leaves out elements", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const norm = compileGradientNorm(memory);
  for (let count = 0; count <= 9; count++) {
    const numbers = new Float32Array(memory.buffer, 8, count);
    numbers.set(hashed("n", count));
    const expected = numbers.reduce((sum, x) => sum + x * x, 0);
    assertAlmostEquals(norm.sumOfSquares(8, count), expected, 1e-12);
    numbers.fill(1e38);
    assertAlmostEquals(norm.sumOfSquares(8, count) / 1e76, count, 1e-6);
    norm.scale(8, count, 0.5);
    assertEquals(numbers, new Float32Array(count).fill(Math.fround(1e38) * 0.5));
    assertEquals(new Float32Array(memory.buffer, 8 + 4 * count, 1)[0], 0);
    for (let bad = 0; bad < count; bad++) {
      numbers.fill(1)[bad] = bad % 2 ? NaN : -Infinity;
      assertEquals(Number.isFinite(norm.sumOfSquares(8, count)), false);
    }
    numbers.fill(0);
  }
  assertThrows(() => norm.scale(65536, 1, 2), RangeError, "65536");
});
