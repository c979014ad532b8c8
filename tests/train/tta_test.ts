import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { digitCnn } from "../../models/digit_cnn.ts";
import { arrays } from "../../src/data/arrays.ts";
import { horizontalFlip } from "../../src/data/transforms/horizontal_flip.ts";
import { invert } from "../../src/data/transforms/invert.ts";
import { rng } from "../../src/tensor/rng.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { meanAnswer } from "../../src/train/tta/mean_answer.ts";
import { ttaPlan } from "../../src/train/tta/tta_options.ts";
import { predict } from "../../src/workflow/predict.ts";

const pixels = (turned: boolean) => {
  const random = rng("tta");
  const data = Uint8Array.from({ length: 5 * 784 }, () => random.integer(256));
  const images = turned ? data.map((value) => 255 - value) : data;
  const labels = BigInt64Array.from({ length: 5 }, (_, i) => BigInt(i));
  return arrays({
    images: tensor("uint8", [5, 28, 28, 1], images),
    targets: tensor("int64", [5], labels),
  });
};
const always = { probability: 1 };

Deno.test("meanAnswer() gives scores of the mean probability", () => {
  const one = tensor("float32", [2, 2], Float32Array.of(0, 0, 2, -1));
  const other = tensor("float32", [2, 2], Float32Array.of(Math.log(3), 0, 2, -1));
  const mean = meanAnswer([one, other], [0.5, 0.5], "softmax").data as Float32Array;
  assertAlmostEquals(Math.exp(mean[0]!), (0.5 + 0.75) / 2, 1e-6);
  assertAlmostEquals(Math.exp(mean[1]!), (0.5 + 0.25) / 2, 1e-6);
  assertAlmostEquals(mean[2]! - mean[3]!, 3, 1e-5);
  const yes = meanAnswer([one, other], [0.25, 0.75], "sigmoid").data as Float32Array;
  assertAlmostEquals(1 / (1 + Math.exp(-yes[0]!)), 0.25 * 0.5 + 0.75 * 0.75, 1e-6);
  assertAlmostEquals(yes[2]!, 2, 1e-5);
  const plain = meanAnswer([one, other], [0.25, 0.75], "numbers").data as Float32Array;
  assertAlmostEquals(plain[0]!, 0.75 * Math.log(3), 1e-6);
});

Deno.test("predict() over copies gives the mean of the probabilities of picture and copy", async () => {
  const model = digitCnn({ seed: 4 });
  const [plain, turned] = [await predict(model, pixels(false)), await predict(model, pixels(true))];
  for (
    const tta of [[invert(always)], { copies: 1, augment: [invert(always)], plainShare: 0.25 }]
  ) {
    const share = Array.isArray(tta) ? 0.5 : 0.25;
    const found = await predict(model, pixels(false), { tta, batchSize: 2 });
    for (const [row, classes] of found.entries()) {
      for (const { index, probability } of classes) {
        const of = (all: typeof plain) => all[row]!.find((one) => one.index === index)!.probability;
        const expected = share * of(plain) + (1 - share) * of(turned);
        assertAlmostEquals(probability, expected, 1e-5);
      }
    }
  }
});

Deno.test("evaluate() over copies takes the loss of the mean, and no copy changes nothing", async () => {
  const model = digitCnn({ seed: 4 });
  const quiet = { verbose: false };
  const plain = await evaluate(model, pixels(false), quiet);
  const same = await evaluate(model, pixels(false), {
    ...quiet,
    tta: [invert({ probability: 0 })],
  });
  assertAlmostEquals(same.loss, plain.loss, 1e-5);
  const tta = [[horizontalFlip(always)], [invert(always), horizontalFlip(always)]];
  const mean = await evaluate(model, pixels(false), { ...quiet, tta });
  const found = await predict(model, pixels(false), { tta });
  const loss = found.reduce(
    (sum, classes, label) =>
      sum - Math.log(classes.find(({ index }) => index === label)!.probability) / 5,
    0,
  );
  assertAlmostEquals(mean.loss, loss, 1e-5);
  assert(Math.abs(mean.loss - plain.loss) > 1e-4);
  assertEquals(
    await evaluate(model, pixels(false), { ...quiet, tta: 3 }),
    await evaluate(model, pixels(false), { ...quiet, tta: 3, batchSize: 2 }),
  );
});

Deno.test("test-time augmentation by number is gentle, evenly weighed", () => {
  const { copies, plainShare } = ttaPlan(4);
  assertEquals(copies.map(({ augment, draw }) => [augment, draw]), [
    ["gentle", 0],
    ["gentle", 1],
    ["gentle", 2],
    ["gentle", 3],
  ]);
  assertEquals(plainShare, 0.2);
});

Deno.test("test-time augmentation refuses what has no pictures, and nonsense", async () => {
  const x = tensor("float32", [2, 1, 28, 28], new Float32Array(1568));
  const rows = arrays({ inputs: { x }, targets: tensor("int64", [2], BigInt64Array.of(0n, 1n)) });
  await assertRejects(() => predict(digitCnn(), rows, { tta: 2 }), TypeError, "no pictures");
  const wrong = { tta: 0, verbose: false };
  await assertRejects(() => evaluate(digitCnn(), pixels(false), wrong), RangeError, "of copies");
});
