import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { arrays } from "../../src/data/arrays.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { suggestRates } from "../../src/workflow/lr_find/suggestion.ts";
import { lrFind, type LrFindOptions } from "../../src/workflow/lr_find.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { multiplied } from "../train/small_models.ts";

const decades = (count: number) => Array.from({ length: count }, (_, i) => 10 ** (i - count));

/** What fastai's functions give, worked out by hand: the middle, the steepest, the lowest. */
const CURVES: readonly [string, readonly number[], valley: number, steep: number, low: number][] = [
  // Falls throughout: as if it began one step before, so 12 long.
  ["a loss that falls", [20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9], 5, 0, 11],
  ["a loss that rises", [1, 2, 3, 4], 0, 0, 0],
  // The longest fall goes from 9 to 2 in seven points, end to end six steps.
  ["a valley", [9, 10, 8, 7.9, 5, 4, 3, 2, 6, 11], 3, 3, 7],
  ["a bump on the way", [9, 8, 8.5, 7, 6, 6.5, 2, 3, 9], 2, 5, 6],
];

for (const [name, losses, valley, steep, low] of CURVES) {
  Deno.test(`suggestRates() of ${name}`, () => {
    const rates = decades(losses.length);
    const found = suggestRates(rates, losses);
    assertEquals(rates.indexOf(found.valley), valley);
    assertEquals(rates.indexOf(found.steep), steep);
    assertAlmostEquals(found.minimum / rates[low]!, 0.1, 1e-12);
  });
}

Deno.test("suggestRates() needs a curve", () => {
  assertThrows(() => suggestRates([0.1], [3]), RangeError, "Two points");
});

const count = 24;
const data = arrays({
  inputs: { x: tensor("float32", [count, 3], hashed("x", count * 3)) },
  targets: tensor("int64", [count], Array.from({ length: count }, (_, i) => i % 10)),
});
const model = multiplied(hashed("w", 30));
const quick = { batchSize: 8, steps: 30, to: 1e4, verbose: false } as const;

Deno.test("lrFind() follows the loss and leaves the model as it is", async () => {
  const before = model.parameters.get("w.weight")!.value.data.slice();
  const found = await lrFind(model, data, quick);
  assertEquals(model.parameters.get("w.weight")!.value.data, before);
  const { learningRates, losses, suggestion } = found;
  assertEquals(learningRates.length, losses.length);
  assertAlmostEquals(learningRates[0]!, 1e-7, 1e-15);
  assertAlmostEquals(learningRates[6]! / learningRates[0]!, 1e11 ** (6 / 30), 1e-6);
  const last = losses.at(-1)!;
  assert(losses.length < 30 && last > 4 * Math.min(...losses), `${last}`);
  assert(losses.slice(0, -1).every((loss) => loss <= 4 * Math.min(...losses)));
  for (const rate of Object.values(suggestion)) assert(rate > 1e-7 && rate < 10, `${rate}`);
  assertEquals(await lrFind(model, data, quick), found, "equal seeds give equal results");
});

Deno.test("lrFind() goes on to the end where it is told to, in batches of all there is", async () => {
  const few = { ...data, length: 3 };
  const options: LrFindOptions = { ...quick, to: 1e-3, stopAt: Infinity };
  const { learningRates } = await lrFind(model, few, options);
  assertEquals(learningRates.length, 30);
});

Deno.test("lrFind() leaves parameters with a factor of 0 as they are", async () => {
  const groups = [{ parameters: "w.weight", factor: 0 }];
  const { losses } = await lrFind(model, { ...data, length: 8 }, { ...quick, groups });
  losses.forEach((loss) => assertAlmostEquals(loss, losses[0]!, 1e-5));
});

Deno.test("lrFind() ends where the loss is not finite", async () => {
  const wild = { ...quick, from: 1e10, to: 1e30, optimizer: sgd() };
  await assertRejects(() => lrFind(model, data, wild), RangeError, 'option "from"');
});

Deno.test("lrFind() names an option that is wrong", async () => {
  for (
    const [options, says] of [
      [{ steps: 3 }, "lrFind(): option"],
      [{ from: 1, to: 0.1 }, '"from" must be less than "to"'],
      [{ stopAt: 0.5 }, "a number above 1"],
      [{ epochs: 3 }, 'lrFind(): unknown option "epochs"'],
      [{ batchSize: 0 }, "batchSize"],
    ] as const
  ) await assertRejects(() => lrFind(model, data, options as LrFindOptions), Error, says);
});
