import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { compileUpdate } from "../../src/artifacts/update/compile_update.ts";
import { interpretUpdate } from "../../src/artifacts/update/interpret.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { adamW } from "../../src/train/optimizers/adamw.ts";
import type { Optimizer } from "../../src/train/optimizers/optimizer.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { hashed } from "../autodiff/golden_numbers.ts";

/**
 * Seven parameters `hashed("p", 7)` after five steps with the gradients `hashed("g0", 7)` to
 * `hashed("g4", 7)`: torch.optim's in float64 (PyTorch 2.13). Seven is no multiple of the four lanes.
 */
const AFTER: readonly [make: () => Optimizer, expected: readonly number[]][] = [
  [
    () => sgd({ learningRate: 0.1 }),
    [0.311244559, 0.948903739, -0.0691799998, 1.03594482, 0.776023817, -0.0230632544, 0.486896932],
  ],
  [
    () => sgd({ learningRate: 0.1, weightDecay: 0.05 }),
    [0.302022377, 0.926889954, -0.068746516, 1.01168382, 0.75899097, -0.0233358587, 0.476944878],
  ],
  [
    () => sgd({ learningRate: 0.1, momentum: 0.8, nesterov: true }),
    [0.248521392, 1.00685667, -0.14897577, 1.08079826, 0.97537251, -0.244313506, 0.930024022],
  ],
  [
    () => sgd({ learningRate: 0.1, momentum: 0.9 }),
    [0.299579927, 0.952732025, -0.106653622, 1.03878892, 0.933434415, -0.257235664, 0.940169484],
  ],
  [
    () => sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    [0.23842455, 0.989271097, -0.154866558, 1.07365155, 1.02076257, -0.316930043, 1.06525902],
  ],
  [
    () => adam({ learningRate: 0.01 }),
    [0.37606162, 0.887575845, -0.00265965356, 0.98944812, 0.67989653, 0.0425223488, 0.329611766],
  ],
  [
    () => adam({ learningRate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1 }),
    [0.372589818, 0.882244624, -0.0047836451, 0.974107015, 0.674150293, 0.0435756445, 0.327282354],
  ],
  [
    () => adamW({ learningRate: 0.01, weightDecay: 0.1 }),
    [0.374170826, 0.883169669, -0.00266055513, 0.984529297, 0.676587085, 0.0422376422, 0.328084394],
  ],
];

/** The same, the learning rate multiplied by these before the five steps. */
const FACTORS = [1, 0.5, 0.25, 2, 0];
const AFTER_FACTORS: readonly [make: () => Optimizer, expected: readonly number[]][] = [
  [
    () => sgd({ learningRate: 0.1, momentum: 0.9 }),
    [0.419269091, 0.96558869, -0.142053513, 0.95916733, 0.817166418, -0.225426851, 0.734278864],
  ],
  [
    () => adamW({ learningRate: 0.01, weightDecay: 0.1 }),
    [0.380128027, 0.886229953, -0.00818054654, 0.978874987, 0.668432703, 0.0455540066, 0.316776094],
  ],
];

for (const [make, expected] of AFTER_FACTORS) {
  Deno.test(`${make().name} takes PyTorch's steps under a schedule`, () => {
    const optimizer = make();
    const parameters = hashed("p", 7);
    const state = optimizer.state.map(() => new Float32Array(7));
    FACTORS.forEach((factor, i) => {
      const arrays = { parameters, gradients: hashed(`g${i}`, 7), state };
      interpretUpdate(optimizer, arrays, i + 1, factor * optimizer.learningRate);
    });
    parameters.forEach((number, i) => assertAlmostEquals(number, expected[i]!, 1e-6));
  });
}

for (const [make, expected] of AFTER) {
  const optimizer = make();
  const text = `${optimizer.name} ${JSON.stringify(optimizer.settings)}`;
  Deno.test(`${text} takes PyTorch's steps, in WebAssembly and in TypeScript`, () => {
    const count = expected.length;
    const memory = new WebAssembly.Memory({ initial: 1 });
    const region = (index: number) => new Float32Array(memory.buffer, 64 * index, count);
    const offsets = optimizer.state.map((_, index) => 64 * (2 + index));
    const arrays = {
      parameters: hashed("p", count),
      gradients: new Float32Array(count),
      state: optimizer.state.map(() => new Float32Array(count)),
    };
    region(0).set(arrays.parameters);
    const update = compileUpdate(optimizer, memory);
    for (let step = 1; step <= 5; step++) {
      const gradients = hashed(`g${step - 1}`, count);
      region(1).set(gradients);
      arrays.gradients.set(gradients);
      const at = { count, parameters: 0, gradients: 64, state: offsets };
      update.run(at, step, optimizer.learningRate);
      interpretUpdate(optimizer, arrays, step, optimizer.learningRate);
    }
    region(0).forEach((number, i) => assertAlmostEquals(number, expected[i]!, 1e-6));
    assertEquals(region(0).slice(), arrays.parameters, "both forms agree bit for bit");
    assertEquals(new Float32Array(memory.buffer, 4 * count, 1)[0], 0, "nothing beyond is written");
  });
}

Deno.test("optimizers name an option that is wrong", () => {
  assertThrows(() => sgd({ momentum: 1.5 }), RangeError, "momentum");
  assertThrows(() => sgd({ momentum: 1 }), RangeError, "momentum");
  assertThrows(() => sgd({ learningRate: 0 }), RangeError, "learningRate");
  assertThrows(() => sgd({ weightDecay: -1 }), RangeError, "weightDecay");
  assertThrows(() => sgd({ nesterov: true }), RangeError, "momentum");
  assertThrows(() => sgd({ nesterov: 1 } as never), TypeError, "nesterov");
  assertThrows(() => sgd({ lr: 0.1 } as never), TypeError, "lr");
  assertThrows(() => adam({ beta1: -0.1 }), RangeError, "beta1");
  assertThrows(() => adam({ beta2: 1 }), RangeError, "beta2");
  assertThrows(() => adam({ epsilon: 0 }), RangeError, "epsilon");
  assertThrows(() => adamW({ learningRate: Number.NaN }), RangeError, "learningRate");
  assertThrows(() => adamW({ learningRate: "fast" } as never), TypeError, "learningRate");
  assertThrows(() => adamW({ weightDecay: Infinity }), RangeError, "weightDecay");
});
