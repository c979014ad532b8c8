import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import { checkOptions } from "../../src/tensor/options.ts";

const schema = z.strictObject({
  epochs: z.int().positive().optional(),
  rate: z.number().min(0).max(1).optional(),
  decay: z.number().min(0).lt(1).optional(),
  loss: z.union([
    z.enum(["crossEntropy", "mse"]),
    z.custom<() => void>((value) => typeof value === "function").describe("a function"),
  ]).optional(),
  mode: z.enum(["batch", "running"]).default("batch"),
  shuffle: z.boolean().optional(),
  schedule: z.custom<() => number>((value) => typeof value === "function").describe("a function")
    .optional(),
  classes: z.array(z.string()).optional(),
  nested: z.strictObject({ hidden: z.int().positive() }).optional(),
  pair: z.tuple([z.number(), z.number()]).optional(),
  even: z.int().refine((value) => value % 2 === 0).describe("an even integer").optional(),
});

const cases: [unknown, typeof TypeError | typeof RangeError, string][] = [
  [{ epochs: -3 }, RangeError, `fit(): option "epochs" must be a positive integer, found -3`],
  [{ epochs: 1.5 }, RangeError, `fit(): option "epochs" must be a positive integer, found 1.5`],
  [{ epochs: NaN }, RangeError, `fit(): option "epochs" must be a positive integer, found NaN`],
  [{ epochs: "3" }, TypeError, `fit(): option "epochs" must be a positive integer, found "3"`],
  [{ rate: 2 }, RangeError, `fit(): option "rate" must be a number from 0 to 1, found 2`],
  [{ decay: 1 }, RangeError, `option "decay" must be a number from 0 to 1, 1 excluded, found 1`],
  [
    { loss: "mae" },
    RangeError,
    `must be one of "crossEntropy" or "mse" or a function, found "mae"`,
  ],
  [{ loss: 3 }, TypeError, `must be one of "crossEntropy" or "mse" or a function, found 3`],
  [{ mode: "x" }, RangeError, `option "mode" must be one of "batch" or "running", found "x"`],
  [{ mode: 1 }, TypeError, `option "mode" must be one of "batch" or "running", found 1`],
  [{ shuffle: 0 }, TypeError, `option "shuffle" must be true or false, found 0`],
  [{ schedule: "cosine" }, TypeError, `option "schedule" must be a function, found "cosine"`],
  [{ classes: ["a", 1] }, TypeError, `option "classes[1]" must be a string, found 1`],
  [{ nested: { hidden: 0 } }, RangeError, `option "nested.hidden" must be a positive integer`],
  [{ nested: {} }, TypeError, `option "nested.hidden" is missing: give a positive integer`],
  [{ pair: [1, "b"] }, TypeError, `option "pair[1]" must be a number, found "b"`],
  [{ even: 3 }, RangeError, `option "even" must be an even integer, found 3`],
  [{ epoch: 3 }, TypeError, `fit(): unknown option "epoch"; did you mean "epochs"?`],
  [{ nested: { hiden: 1, hidden: 1 } }, TypeError, `"nested.hiden"; did you mean "hidden"?`],
  [{ zebra: 3 }, TypeError, `unknown option "zebra"; there are "epochs", "rate"`],
  [3, TypeError, `fit(): the options object must be an object, found 3`],
  [null, TypeError, `fit(): the options object must be an object, found null`],
];

for (const [options, kind, message] of cases) {
  Deno.test(`checkOptions() on ${JSON.stringify(options)} is a ${kind.name}`, () => {
    assertThrows(() => checkOptions("fit", schema, options), kind, message);
  });
}

Deno.test("checkOptions() fills in defaults and takes undefined as left out", () => {
  assertEquals(checkOptions("fit", schema, { epochs: undefined, rate: 0.5 }), {
    rate: 0.5,
    mode: "batch",
  });
  assertEquals(checkOptions("fit", schema, undefined), { mode: "batch" });
});

Deno.test("checkOptions() hands functions through unchanged", () => {
  const schedule = () => 1;
  assertStrictEquals(checkOptions("fit", schema, { schedule }).schedule, schedule);
});
