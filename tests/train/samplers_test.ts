import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { digitCnn } from "../../models/digit_cnn.ts";
import { arrays } from "../../src/data/arrays.ts";
import { freeze } from "../../src/onnx/select.ts";
import type { Dataset } from "../../src/tensor/dataset.ts";
import { rng } from "../../src/tensor/rng.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { epochLength, epochOrder } from "../../src/train/epoch_order.ts";
import { fit } from "../../src/train/fit.ts";
import { batches } from "../../src/train/loader.ts";
import { balancedSampler } from "../../src/train/samplers/balanced_sampler.ts";
import { weightedSampler } from "../../src/train/samplers/weighted_sampler.ts";

const settings = { shuffle: true, seed: 5, batchSize: 4 };
/** 90 examples of class 0, 9 of class 1, 1 of class 2. */
const source = { length: 100, target: (index: number) => index < 90 ? 0 : index < 99 ? 1 : 2 };

Deno.test("the balanced sampler draws every class as often, anew each epoch, the same from a seed", () => {
  const counts = [0, 0, 0];
  for (let epoch = 0; epoch < 60; epoch++) {
    const { order } = epochOrder({ ...settings, sampler: "balanced" }, source, epoch);
    assertEquals(order.length, 100);
    for (const index of order) counts[source.target(index)]!++;
  }
  for (const count of counts) assertAlmostEquals(count / 6000, 1 / 3, 0.02);
  const draw = (epoch: number) =>
    epochOrder({ ...settings, sampler: "balanced" }, source, epoch).order;
  assertEquals(draw(2), draw(2));
  assert(draw(1).some((index, i) => index !== draw(2)[i]));
});

Deno.test("the weighted sampler draws by weight, as many as asked", () => {
  const sampler = weightedSampler([1, 0, 3], { length: 8000 });
  const drawn = Array.from(sampler.draw({ length: 3 }, rng(1)));
  assertEquals(drawn.length, 8000);
  assertEquals(drawn.filter((index) => index === 1).length, 0);
  assertAlmostEquals(drawn.filter((index) => index === 2).length / 8000, 0.75, 0.02);
});

Deno.test("an epoch's order is all, shuffled or not, or as many as the steps take", () => {
  const all = epochOrder(settings, source, 3).order;
  assertEquals([...all].sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  const part = { ...settings, stepsPerEpoch: 3 };
  assertEquals(epochOrder(part, source, 3).order, all.subarray(0, 12));
  assertEquals(epochLength(part, source), 12);
  assertEquals(epochLength({ ...settings, sampler: balancedSampler({ length: 7 }) }, source), 7);
});

Deno.test("examples that come again in an epoch are other draws of their random changes", async () => {
  const draws: [number, number][] = [];
  const data: Dataset = {
    length: 3,
    get(index, epoch = 0) {
      draws.push([index, epoch]);
      return { inputs: { x: tensor("float32", [1], Float32Array.of(0)) } };
    },
  };
  const { order, repeats } = epochOrder(
    { ...settings, sampler: { name: "own", length: () => 4, draw: () => [2, 0, 2, 2] } },
    data,
    1,
  );
  for await (const _ of batches(data, { batchSize: 2, order, epoch: 1, repeats }));
  assertEquals(draws.map(([index]) => index), [2, 0, 2, 2]);
  assertEquals(new Set(draws.map(([, epoch]) => epoch)).size, 3);
});

Deno.test("samplers refuse weights that are none, and data without classes", () => {
  assertThrows(() => weightedSampler([1, -2]), RangeError, "weight 1 must be 0 or more, found -2");
  assertThrows(() => weightedSampler([0, 0]), RangeError, "more than 0");
  assertThrows(() => weightedSampler([1]).draw(source, rng(0)), RangeError, "100 examples");
  assertThrows(() => balancedSampler().draw({ length: 2 }, rng(0)), TypeError, "example 0");
  const wild = { name: "wild", length: () => 1, draw: () => [100] };
  assertThrows(
    () => epochOrder({ ...settings, sampler: wild }, source, 0),
    RangeError,
    'The sampler "wild" must draw indices from 0 to 99, found 100',
  );
});

function digits(count: number) {
  const random = rng("sampled digits");
  const x = tensor(
    "float32",
    [count, 1, 28, 28],
    Float32Array.from({ length: count * 784 }, () => random.normal()),
  );
  const labels = BigInt64Array.from({ length: count }, (_, i) => i < 2 ? 1n : 0n);
  return arrays({ inputs: { x }, targets: tensor("int64", [count], labels) });
}

for (const part of ["none", "backbone"] as const) {
  Deno.test(`fit() takes the order of a sampler, with "${part}" frozen, and resumes`, async () => {
    const model = freeze(digitCnn({ seed: 1 }), part);
    const options = { batchSize: 4, seed: 2, verbose: false, sampler: "balanced" } as const;
    const whole = await fit(model, digits(14), { ...options, epochs: 2 });
    const plain = await fit(
      model,
      digits(14),
      { ...options, epochs: 2, sampler: undefined } as never,
    );
    assert(whole.history.epochs[0]!.loss !== plain.history.epochs[0]!.loss);
    const checkpoint = await Deno.makeTempDir();
    try {
      await fit(model, digits(14), { ...options, epochs: 1, checkpoint });
      const resumed = await fit(model, digits(14), { ...options, epochs: 2, checkpoint });
      for (const [name, { value }] of whole.model.parameters) {
        assertEquals(resumed.model.parameters.get(name)!.value.data, value.data, name);
      }
    } finally {
      await Deno.remove(checkpoint, { recursive: true });
    }
  });
}

Deno.test("fit() refuses negative weights of examples, and names the example", async () => {
  const x = tensor("float32", [1, 28, 28], new Float32Array(784));
  const data: Dataset = {
    length: 2,
    get: (index) => ({ inputs: { x }, target: 0, weight: index === 1 ? -1 : 1 }),
  };
  await assertRejects(
    () => fit(digitCnn(), data, { epochs: 1, shuffle: false, verbose: false }),
    RangeError,
    "The weight of example 1 must be a finite number, 0 or more, found -1",
  );
});
