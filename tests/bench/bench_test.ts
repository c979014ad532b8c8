import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { linePlot } from "../../bench/line_plot.ts";
import { rows } from "../../bench/rows/table.ts";
import { median, numbers, repeated, stepTimes, updateTimes } from "../../bench/steps.ts";
import { tensorsOnly } from "../../bench/tensors_only.ts";
import { digitCnn } from "../../models/digit_cnn.ts";
import { adamW } from "../../src/train/optimizers/adamw.ts";

Deno.test("every row has PyTorch's side, with the numbers it is held against", async () => {
  const script = new URL("../../bench/pytorch_side.py", import.meta.url);
  const python = await Deno.readTextFile(script);
  for (const [name, { lines }] of Object.entries(rows)) {
    assertStringIncludes(python, `"${name}"`);
    for (const { theirs = "value" } of lines) assertStringIncludes(python, `"${theirs}":`);
  }
});

Deno.test("stepTimes() and updateTimes() time as many steps as asked for", async () => {
  const model = digitCnn();
  const dataset = numbers(model, 2);
  const steps = await stepTimes(model, { batchSize: 2, steps: 3, warmUp: 1 });
  const updates = await updateTimes(model, { dataset, optimizer: adamW(), steps: 4 });
  assertEquals([steps.length, updates.length], [3, 4]);
  assert([...steps, ...updates].every((ms) => ms > 0));
});

Deno.test("repeated() gives the same examples over and over", async () => {
  const dataset = repeated(numbers(digitCnn(), 3), 8);
  const targets = Array.from({ length: 8 }, async (_, i) => (await dataset.get(i))!.target);
  assertEquals(await Promise.all(targets), [0, 1, 2, 0, 1, 2, 0, 1]);
});

Deno.test("tensorsOnly() has the parameters asked for, all trainable", () => {
  const { parameters } = tensorsOnly([[2, 3], [5]]);
  const shapes = [...parameters.values()].map(({ shape, trainable }) => [shape, trainable]);
  assertEquals(shapes, [[[2, 3], true], [[5], true]]);
});

Deno.test("median() is the upper of two", () => {
  assertEquals([median([3, 1, 2]), median([2, 1]), median([])], [2, 2, NaN]);
});

Deno.test("linePlot() puts the points between round numbers", () => {
  const svg = linePlot([{ title: "a < b", x: "n", y: "ms", points: [[0, 0], [16, 730]] }]);
  assertStringIncludes(svg, "a &lt; b");
  assertStringIncludes(svg, ">800</text>");
  // The frame is 336 across and 208 up; its axes end at 16 and at 800.
  assertStringIncludes(svg, '<polyline points="56.0,264.0 392.0,74.2"');
});
