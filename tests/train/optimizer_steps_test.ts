import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { compileUpdate } from "../../src/artifacts/update/compile_update.ts";
import { interpretUpdate } from "../../src/artifacts/update/interpret.ts";
import { scratchOf, stateShapes } from "../../src/artifacts/update/tensor_update.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { adafactor } from "../../src/train/optimizers/adafactor.ts";
import { adagrad } from "../../src/train/optimizers/adagrad.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { adamW } from "../../src/train/optimizers/adamw.ts";
import { lamb } from "../../src/train/optimizers/lamb.ts";
import { lion } from "../../src/train/optimizers/lion.ts";
import { lookahead } from "../../src/train/optimizers/lookahead.ts";
import { nadam } from "../../src/train/optimizers/nadam.ts";
import type { Optimizer } from "../../src/train/optimizers/optimizer.ts";
import { radam } from "../../src/train/optimizers/radam.ts";
import { rmsprop } from "../../src/train/optimizers/rmsprop.ts";
import { sam } from "../../src/train/optimizers/sam.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import golden from "./golden/optimizers.json" with { type: "json" };

/** The optimizers of `golden/make_optimizers.py`, which says how the expected numbers were made. */
const OPTIMIZERS: Readonly<Record<keyof typeof golden.steps, Optimizer>> = {
  "nadam": nadam({ learningRate: 0.02 }),
  "nadam with decay": nadam({
    learningRate: 0.02,
    beta1: 0.8,
    beta2: 0.95,
    weightDecay: 0.1,
    momentumDecay: 0.01,
  }),
  "nadam decoupled": nadam({ learningRate: 0.02, weightDecay: 0.1, decoupled: true }),
  "radam": radam({ learningRate: 0.02 }),
  "radam with decay": radam({ learningRate: 0.02, beta1: 0.8, beta2: 0.9, weightDecay: 0.1 }),
  "radam decoupled": radam({ learningRate: 0.02, weightDecay: 0.1, decoupled: true }),
  "rmsprop": rmsprop(),
  "rmsprop with all": rmsprop({
    learningRate: 0.02,
    alpha: 0.9,
    epsilon: 1e-3,
    weightDecay: 0.1,
    momentum: 0.8,
    centered: true,
  }),
  "adagrad": adagrad(),
  "adagrad with all": adagrad({
    learningRate: 0.05,
    learningRateDecay: 0.1,
    weightDecay: 0.1,
    initialAccumulator: 0.2,
    epsilon: 1e-4,
  }),
  "adam amsgrad": adam({ learningRate: 0.02, beta1: 0.8, beta2: 0.5, amsgrad: true }),
  "adamW amsgrad": adamW({
    learningRate: 0.02,
    beta1: 0.8,
    beta2: 0.5,
    weightDecay: 0.1,
    amsgrad: true,
  }),
  "adafactor": adafactor(),
  "adafactor with all": adafactor({
    learningRate: 0.2,
    beta2Decay: -0.5,
    epsilon1: 1e-2,
    epsilon2: 0.7,
    clipThreshold: 1.1,
    weightDecay: 0.1,
  }),
  "lion": lion(),
  "lion with decay": lion({ learningRate: 0.02, beta1: 0.8, beta2: 0.7, weightDecay: 0.1 }),
  "lamb": lamb(),
  "lamb with all": lamb({
    learningRate: 0.05,
    beta1: 0.8,
    beta2: 0.9,
    epsilon: 1e-3,
    weightDecay: 0.1,
  }),
  "lookahead of adamW": lookahead(adamW({ learningRate: 0.02 }), { steps: 3 }),
  "lookahead of sgd": lookahead(sgd({ learningRate: 0.1, momentum: 0.9 }), { alpha: 0.8 }),
  "lookahead of lamb": lookahead(lamb({ learningRate: 0.05 }), { steps: 2 }),
  "lookahead of adafactor": lookahead(adafactor({ learningRate: 0.1 }), { steps: 4 }),
};

const STEPS = 10;

/** One tensor after the steps, by both back ends, and what lies just behind the arrays. */
function bothWays(optimizer: Optimizer, name: string, shape: readonly number[]) {
  const size = sizeOf(shape);
  const shapes = stateShapes(optimizer, shape);
  const slots = [size, size, ...shapes.map(sizeOf), scratchOf(optimizer, shape)];
  // A gap behind each array, which must stay as it is.
  const offsets = slots.map((_, n) => 4 * slots.slice(0, n).reduce((sum, one) => sum + one + 4, 0));
  const memory = new WebAssembly.Memory({ initial: 1 });
  const region = (n: number) => new Float32Array(memory.buffer, offsets[n], slots[n]);
  const plain = {
    parameters: hashed(name, size),
    gradients: new Float32Array(size),
    state: shapes.map((one) => new Float32Array(sizeOf(one))),
  };
  region(0).set(plain.parameters);
  const update = compileUpdate(optimizer, memory);
  const state = shapes.map((_, n) => offsets[2 + n]!);
  const at = {
    ...{ count: size, parameters: 0, gradients: offsets[1]!, state, shape },
    scratch: offsets.at(-1)!,
  };
  for (let step = 1; step <= STEPS; step++) {
    const gradients = hashed(`${name}/g${step - 1}`, size);
    plain.gradients.set(gradients);
    region(1).set(gradients);
    update.run(at, step, optimizer.learningRate);
    interpretUpdate(optimizer, plain, step, optimizer.learningRate, { shape });
  }
  const gaps = offsets.flatMap((offset, n) => [
    ...new Float32Array(memory.buffer, offset + 4 * slots[n]!, 4),
  ]);
  return { wasm: region(0).slice(), state: shapes.map((_, n) => region(2 + n)), plain, gaps };
}

for (const [label, optimizer] of Object.entries(OPTIMIZERS)) {
  Deno.test(`${label} takes PyTorch's steps, in WebAssembly and in TypeScript`, () => {
    const expected = golden.steps[label as keyof typeof golden.steps];
    for (const [name, shape] of Object.entries(golden.shapes)) {
      const { wasm, state, plain, gaps } = bothWays(optimizer, name, shape);
      const wanted = expected[name as keyof typeof expected];
      wasm.forEach((number, i) =>
        assertAlmostEquals(number, wanted[i]!, 2e-6, `${name} at ${i} of ${label}`)
      );
      assertEquals(wasm, plain.parameters, `${name}: both forms agree bit for bit`);
      assertEquals(state, plain.state, `${name}: the state of both forms agrees bit for bit`);
      assert(gaps.every((number) => number === 0), "nothing beyond the arrays is written");
    }
  });
}

Deno.test("adafactor keeps a number for each row and column, and for each element of a vector", () => {
  assertEquals(stateShapes(adafactor(), [2, 3, 4, 5]), [[2, 3, 4], [2, 3, 5]]);
  assertEquals(stateShapes(adafactor(), [6]), [[6]]);
  assertEquals(stateShapes(lookahead(adafactor()), [3, 4]), [[3], [4], [3, 4]]);
});

Deno.test("a rule with another weight decay keeps everything else", () => {
  for (const [label, optimizer] of Object.entries(OPTIMIZERS)) {
    const other = optimizer.withWeightDecay!(0.25);
    assertEquals({ ...other.settings, weightDecay: 0 }, { ...optimizer.settings, weightDecay: 0 });
    assertEquals([other.settings.weightDecay, other.name], [0.25, optimizer.name], label);
  }
  const sharp = sam(lookahead(sgd()), { rho: 0.2, adaptive: true }).withWeightDecay!(0.25);
  assertEquals(sharp.probe?.radius, 0.2);
  assertEquals(sharp.settings.samAdaptive, true);
});

Deno.test("optimizers and wrappers name an option that is wrong", () => {
  assertThrows(() => nadam({ beta1: 1 }), RangeError, "beta1");
  assertThrows(() => radam({ epsilon: 0 }), RangeError, "epsilon");
  assertThrows(() => rmsprop({ momentum: -1 }), RangeError, "momentum");
  assertThrows(() => adagrad({ learningRateDecay: -1 }), RangeError, "learningRateDecay");
  assertThrows(() => lion({ beta2: 2 }), RangeError, "beta2");
  assertThrows(() => lamb({ learningRate: 0 }), RangeError, "learningRate");
  assertThrows(() => adafactor({ clipThreshold: 0.5 }), RangeError, "clipThreshold");
  assertThrows(() => adafactor({ relativeStep: true } as never), TypeError, "relativeStep");
  assertThrows(() => lookahead(sgd(), { steps: 0 }), RangeError, "steps");
  assertThrows(() => lookahead(lookahead(sgd())), RangeError, "slow weights already");
  assertThrows(() => sam(sgd(), { rho: -1 }), RangeError, "rho");
  assertThrows(() => sam(sam(sgd())), RangeError, "already");
});
