import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { augMix } from "../../src/data/transforms/aug_mix.ts";
import { autoAugment } from "../../src/data/transforms/auto_augment.ts";
import * as magnitudes from "../../src/data/transforms/magnitudes.ts";
import {
  applySteps,
  type OperationName,
  type PolicyStep,
} from "../../src/data/transforms/operations.ts";
import { POLICIES } from "../../src/data/transforms/policies.ts";
import { randAugment } from "../../src/data/transforms/rand_augment.ts";
import { trivialAugment } from "../../src/data/transforms/trivial_augment.ts";
import { beta, dirichlet, gamma } from "../../src/tensor/distributions.ts";
import { rng } from "../../src/tensor/rng.ts";
import { distance, fromBase64 } from "./drawing.ts";
import golden from "./golden/transforms.json" with { type: "json" };

const { widthPx, heightPx } = golden;
const picture = { widthPx, heightPx, data: fromBase64(golden.picture) };
const fill = golden.fill as unknown as readonly [number, number, number];

for (const { what, args, data } of golden.cases) {
  if (what !== "operation") continue;
  const [operation, amount] = args as [OperationName, number];
  Deno.test(`the policies' operation ${operation} at ${amount} equals torchvision's`, () => {
    const done = applySteps(picture, [{ operation, amount }], { interpolation: "nearest", fill });
    assertEquals(distance(done.data, fromBase64(data)).most, 0);
  });
}

const SPACES = {
  randAugment: magnitudes.RAND_AUGMENT,
  trivialAugment: magnitudes.TRIVIAL_AUGMENT,
  autoAugment: magnitudes.AUTO_AUGMENT,
  augMix: magnitudes.AUG_MIX,
};
for (const [name, { bins, at, operations }] of Object.entries(golden.magnitudes)) {
  Deno.test(`${name}() has the operations of torchvision, as strong, to the same sides`, () => {
    const space = SPACES[name as keyof typeof SPACES];
    assertEquals(Object.keys(space).sort(), Object.keys(operations).sort());
    for (const [operation, { signed, amounts }] of Object.entries(operations)) {
      const range = space[operation as OperationName]!;
      assertEquals(range.signed ?? false, signed, operation);
      at.forEach((bin, i) =>
        assertAlmostEquals(range.amount(bin / (bins - 1), 320, 240), amounts[i]!, 1e-4, operation)
      );
    }
  });
}

Deno.test("autoAugment() has the pairs of torchvision's policies", () => {
  assertEquals(POLICIES as unknown, golden.policies);
});

Deno.test("augMix() mixes chains of operations by their shares, near to what torchvision gives", () => {
  const { depths, operations, data, onTensors } = golden.augMix;
  const steps = operations.map(([operation, amount]) => ({ operation, amount }) as PolicyStep);
  const parts = [0.2, 0.5, 0.3];
  const chains = depths.map((depth, i) => ({
    share: 0.6 * parts[i]!,
    steps: steps.splice(0, depth),
  }));
  const mixed = augMix({ fill }).apply(picture, { own: 0.4, chains });
  assert(distance(mixed.data, fromBase64(data)).most <= 1);
  // torchvision's kernels for tensors, which AugMix uses, fill and round otherwise at the edges.
  assert(distance(mixed.data, fromBase64(onTensors)).mean < 1.2);
});

Deno.test("policies draw every operation, either side, and the same from the same seed", () => {
  const random = rng(3);
  const drawn = Array.from({ length: 600 }, () => randAugment().sample(random, 100, 50)).flat();
  assertEquals(drawn.length, 1200);
  assertEquals(new Set(drawn.map(({ operation }) => operation)).size, 14);
  const turns = drawn.filter(({ operation }) => operation === "rotate").map(({ amount }) => amount);
  assertEquals(new Set(turns.map((turn) => turn.toFixed(6))), new Set(["9.000000", "-9.000000"]));
  const wide = Array.from({ length: 300 }, () => trivialAugment().sample(random, 100, 50)).flat();
  assert(new Set(wide.map(({ amount }) => amount)).size > 100);
  for (const one of [randAugment(), trivialAugment(), autoAugment("svhn"), augMix()]) {
    assertEquals(one.sample(rng(9), 64, 64), one.sample(rng(9), 64, 64));
  }
});

Deno.test("autoAugment() applies its operations as often as its policy says", () => {
  const random = rng(5);
  const lengths = Array.from({ length: 2000 }, () => autoAugment().sample(random, 64, 64).length);
  const expected = POLICIES.imagenet.flat().reduce((sum, [, p]) => sum + p, 0) / 25;
  assertAlmostEquals(lengths.reduce((a, b) => a + b) / 2000, expected, 0.05);
});

Deno.test("augMix() draws shares that add up to one, in chains as deep as asked", () => {
  const random = rng(7);
  for (const depth of [undefined, 2]) {
    const { own, chains } = augMix({ width: 4, ...(depth && { depth }) }).sample(random, 64, 64);
    assertAlmostEquals(own + chains.reduce((sum, { share }) => sum + share, 0), 1, 1e-12);
    assertEquals(chains.length, 4);
    for (const { steps } of chains) assert(depth ? steps.length === depth : steps.length <= 3);
  }
});

Deno.test("gamma, Dirichlet and beta draws have the moments of their distributions", () => {
  const random = rng(11);
  const mean = (draws: number[]) => draws.reduce((a, b) => a + b) / draws.length;
  for (const shape of [0.2, 1, 4.5]) {
    const draws = Array.from({ length: 20000 }, () => gamma(random, shape));
    assertAlmostEquals(mean(draws), shape, 0.06 * Math.max(1, Math.sqrt(shape)));
    assertAlmostEquals(mean(draws.map((x) => (x - shape) ** 2)), shape, 0.15 * Math.max(1, shape));
  }
  const lambdas = Array.from({ length: 20000 }, () => beta(random, 0.2));
  assertAlmostEquals(mean(lambdas), 0.5, 0.015);
  // The variance of Beta(a, a) is 1 / (4·(2a + 1)).
  assertAlmostEquals(mean(lambdas.map((x) => (x - 0.5) ** 2)), 1 / 5.6, 0.005);
  assertAlmostEquals(dirichlet(random, 1e-4, 5).reduce((a, b) => a + b), 1, 1e-12);
});

Deno.test("policies refuse options out of range", () => {
  assertThrows(() => randAugment({ magnitude: 31 }), RangeError, "from 0 to 30");
  assertThrows(() => randAugment({ n: -1 }), RangeError, 'option "n"');
  assertThrows(() => autoAugment("imagnet" as "imagenet"), RangeError, 'option "policy"');
  assertThrows(() => augMix({ severity: 11 }), RangeError, 'option "severity"');
});
