import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { loadBackbone } from "../../models/load_backbone.ts";
import { drawnGlyphs } from "../../models/glyphs/drawn_glyphs.ts";
import { arrays } from "../../src/data/arrays.ts";
import type { Model } from "../../src/onnx/model.ts";
import { cellsOf, mostConfused, topLosses } from "../../src/report/findings.ts";
import { report } from "../../src/report/report.ts";
import { scoreExamples } from "../../src/report/score_examples.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { predict } from "../../src/workflow/predict.ts";
import { inFolder, recordOf } from "../train/callbacks/events.ts";
import { multiplied } from "../train/small_models.ts";

const QUIET = { verbose: false } as const;

/** A network that reads letters, and drawings of nine of them; labels that HTML must not take for its own. */
async function letters() {
  const plain = await loadBackbone(new URL("../../models/glyphs.onnx", import.meta.url));
  const glyphs = drawnGlyphs({ characters: [..."ABCDEFGHI"], perClass: 3, seed: 4 });
  const classes = plain.classes!.map((label) => `<${label} & "co">`);
  const model: Model = { ...plain, classes };
  const data = { ...glyphs, classes: classes.slice(0, 9) };
  return { model, data };
}

/** The start tags of an element in a page, each with its attributes. */
function tags(html: string, name: string): string[] {
  return [...html.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>`, "g"))].map(([tag]) => tag);
}

Deno.test("scoreExamples() agrees with evaluate() and predict()", async () => {
  const { model, data } = await letters();
  const scored = await scoreExamples(model, data, { ...QUIET, batchSize: 5 });
  assertEquals(scored.probabilities.dims, [27, 26]);
  assertEquals(scored.targets.slice(0, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
  const { loss, accuracy } = await evaluate(model, data, QUIET);
  assertEquals(scored.evaluation.accuracy, accuracy);
  assertAlmostEquals(scored.losses.reduce((sum, one) => sum + one) / 27, loss, 1e-5);
  const found = await predict(model, data);
  const { index, probability } = found[7]![0]!;
  assertAlmostEquals(scored.probabilities.data[7 * 26 + index]!, probability, 1e-5);
});

Deno.test("report() writes one page that needs nothing else and can be read without pictures", () =>
  inFolder(async (folder) => {
    const { model, data } = await letters();
    const out = `${folder}/report.html`;
    const history = { epochs: [recordOf(1), recordOf(2)] };
    const settings = { "weight decay": 0.01 };
    const { html, evaluation } = await report(model, data, {
      ...QUIET,
      out,
      history,
      settings,
      top: 3,
    });
    assertEquals(await Deno.readTextFile(out), html);
    assertEquals(evaluation.accuracy, (await evaluate(model, data, QUIET)).accuracy);
    assert(!/https?:(?!\/\/www\.w3\.org\/2000\/svg)|<script|<link|url\(|NaN|undefined/.test(html));
    assert(!html.includes("<A &"), "labels are escaped");
    assert(html.includes("&lt;A &amp; &quot;co&quot;&gt;"));
    assert(html.includes('<html lang="en">') && tags(html, "h1").length === 1);
    for (const image of tags(html, "img")) assert(/ alt="[^"]+"/.test(image), image);
    for (const image of tags(html, "img")) assert(image.includes('src="data:image/webp;base64,'));
    for (const head of tags(html, "th")) assert(/ scope="(row|col)"/.test(head), head);
    assertEquals(tags(html, "table").length, tags(html, "caption").length);
    assertEquals(tags(html, 'g role="img"').length, 3 + 1 + 2 + 2);
    const pictures = tags(html, "img").filter((tag) => tag.includes("Where the network looks"));
    assertEquals(pictures.length, 3);
    for (const link of tags(html, "a")) {
      const [, target] = /href="#([^"]+)"/.exec(link)!;
      assert(html.includes(`id="${target}"`), link);
    }
    assert(html.includes("<dt>weight decay</dt><dd>0.01</dd>"));
    assertEquals((await report(model, data, { ...QUIET, history, settings, top: 3 })).html, html);
  }));

Deno.test("report() of numbers has no pictures, and says why", async () => {
  const model = multiplied(Float32Array.of(1, 0, 0, 1, 1, -1));
  const x = tensor("float32", [4, 3], [2, 0, 0, 0, 2, 0, 0, 0, 3, 2, 0, 0]);
  const data = arrays({ inputs: { x }, targets: tensor("int64", [4], [0, 1, 0, 1]) });
  const { html, evaluation } = await report(model, data, { ...QUIET, title: "Numbers" });
  assertEquals(evaluation.accuracy, 0.75);
  assertEquals(tags(html, "img").length, 0);
  assert(html.includes("no feature maps"));
  assert(html.includes("example 3"));
});

Deno.test("report() refuses targets that are no classes, and options it does not have", async () => {
  const model = multiplied(Float32Array.of(1, 0, 0, 1, 1, -1));
  const x = tensor("float32", [2, 3]);
  const data = arrays({ inputs: { x }, targets: tensor("float32", [2, 2]) });
  await assertRejects(() => report(model, data, QUIET), TypeError, "must be classes");
  await assertRejects(() => report(model, data, { top: -1 }), RangeError, '"top"');
});

Deno.test("findings are sorted: the greatest losses, cells by class, the commonest mistakes", () => {
  const one = (index: number, truth: number, answer: number, loss: number) => ({
    index,
    truth,
    answer,
    loss,
    confidence: 0.5 + index / 100,
    probability: 0.1,
  });
  const all = [
    one(0, 1, 0, 1),
    one(1, 0, 0, 0.1),
    one(2, 1, 0, 3),
    one(3, 1, 1, 0.2),
    one(4, 0, 2, 3),
  ];
  assertEquals(topLosses(all, 3).map(({ index }) => index), [2, 4, 0]);
  const cells = cellsOf(all);
  assertEquals(cells.map(({ truth, answer }) => [truth, answer]), [[0, 0], [0, 2], [1, 1], [1, 0]]);
  assertEquals(cells[3]!.examples.map(({ index }) => index), [2, 0]);
  assertEquals(mostConfused(cells, 1).map(({ truth, answer }) => [truth, answer]), [[1, 0]]);
});
