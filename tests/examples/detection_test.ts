import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { run } from "../../examples/detection.ts";
import {
  averagePrecisionOf,
  type Detection,
  meanAveragePrecision,
  overlap,
  suppressed,
} from "../../examples/detection/boxes.ts";
import { drawBoxes, squeezed } from "../../examples/detection/draw_boxes.ts";
import { drawScene } from "../../examples/detection/draw_scene.ts";
import { detectionsOf, type Grid, targetOf } from "../../examples/detection/grid.ts";
import { detectionLoss } from "../../examples/detection/loss.ts";
import { readVoc } from "../../examples/detection/read_voc.ts";
import { glyphNet } from "../../models/glyph_net.ts";
import { input, network, output, toModel } from "../../models/network.ts";
import { conv2d } from "../../models/windows.ts";
import { constant } from "../../models/initializers.ts";
import { type Tensor, valueAndGrad } from "../../mod.ts";
import { detector } from "../../examples/detection/detector.ts";

Deno.test("detection: boxes are found on a backbone that has learned, not on a random one", async () => {
  for (const seed of [0, 1, 2]) {
    const { scores, rows, pictures } = await run(
      { seed, quiet: true },
      { scenes: "60", asked: "30", epochs: "12" },
    );
    assertEquals([rows.length, pictures!.length], [2, 12]);
    const [learned, random] = Object.values(scores);
    assert(learned! > 0.35 && learned! > random! + 0.3, `${seed}: ${learned} and ${random}`);
  }
});

const box = (left: number, top: number, right: number, bottom: number) => ({
  ...{ left, top, right, bottom },
});
const found = (label: number, score: number, left: number): Detection => ({
  ...{ label, score },
  ...box(left, 0, left + 10, 10),
});

Deno.test("overlap() is what two boxes share of all they cover", () => {
  assertEquals(overlap(box(0, 0, 10, 10), box(0, 0, 10, 10)), 1);
  assertEquals(overlap(box(0, 0, 10, 10), box(5, 0, 15, 10)), 1 / 3);
  assertEquals(overlap(box(0, 0, 10, 10), box(10, 0, 20, 10)), 0);
});

Deno.test("suppressed() keeps the surest of boxes over each other, class by class", () => {
  const all = [found(0, 0.6, 0), found(0, 0.9, 1), found(1, 0.5, 0), found(0, 0.4, 8)];
  assertEquals(suppressed(all).map(({ score }) => score), [0.9, 0.5, 0.4]);
});

Deno.test("average precision by hand", () => {
  const things = [[{ label: 0, ...box(0, 0, 10, 10) }], [
    { label: 0, ...box(0, 0, 10, 10) },
    { label: 1, ...box(50, 0, 60, 10) },
  ]];
  // Right, then the same thing again, then right in the other picture.
  const answers = [[found(0, 0.9, 1), found(0, 0.8, 0)], [found(0, 0.7, 2), found(1, 0.6, 70)]];
  assertAlmostEquals(averagePrecisionOf(0, answers, things), 0.5 * 1 + 0.5 * (2 / 3));
  assertEquals(averagePrecisionOf(1, answers, things), 0);
  assertEquals(averagePrecisionOf(2, answers, things), NaN);
  assertAlmostEquals(meanAveragePrecision(3, answers, things), (0.5 + 1 / 3) / 2);
});

const grid: Grid = { rows: 6, columns: 6, cellPx: 8, classes: 2 };

Deno.test("what targets say of things comes back as detections", () => {
  const things = [{ label: 1, ...box(3, 4, 25, 30) }, { label: 0, ...box(33, 28, 44, 41) }];
  const { data } = targetOf(things, grid);
  const cells = grid.rows * grid.columns;
  // Targets are certainties and reaches, answers logits and logarithms of reaches.
  const answer = data.map((one, at) => at < 2 * cells ? 20 * one - 10 : Math.log(one || 1));
  const seen = detectionsOf(answer, grid);
  assertEquals(seen.length, 2);
  for (const thing of things) {
    const one = seen.find(({ label }) => label === thing.label)!;
    assertAlmostEquals(overlap(one, thing), 1, 1e-5);
  }
});

Deno.test("detectionLoss() is the focal loss and −ln IoU, by hand, and its gradient lets boxes grow", async () => {
  const one: Grid = { rows: 1, columns: 2, cellPx: 8, classes: 1 };
  const net = network(0);
  const x = input(net, "x", ["batch", 5, 1, 2]);
  const weights = (dims: readonly number[]): Tensor<"float32"> => ({
    ...{ type: "float32", dims },
    data: Float32Array.from({ length: 25 }, (_, at) => at % 6 === 0 ? 1 : 0),
  });
  const same = { name: "same", channels: 5, kernel: 1, biases: constant(0) };
  output(net, conv2d(net, x, { ...same, weights }));
  const model = toModel(net, { name: "same" });
  // A box of 2×2 cells, of which the answer covers 1×2 in the first cell; nothing in the second.
  const target = targetOf([{ label: 0, ...box(-4, -4, 12, 12) }], { ...one, columns: 2 });
  assertEquals([...target.data.subarray(0, 2)], [1, 0]);
  const [half, full] = [Math.log(0.5), 0];
  const data = Float32Array.from([2, -1, half, 9, full, 9, half, 9, full, 9]);
  const { loss, gradients } = await valueAndGrad(
    model,
    { x: { type: "float32", dims: [1, 5, 1, 2], data } },
    { ...target, dims: [1, 5, 1, 2] },
    { loss: detectionLoss(1) },
  );
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
  const focal = 0.5 * ((1 - sigmoid(2)) ** 2 * -Math.log(sigmoid(2)) +
    sigmoid(-1) ** 2 * -Math.log(1 - sigmoid(-1)));
  assertAlmostEquals(loss, focal + Math.log(2), 1e-5);
  const bias = gradients.get("same.bias")!.data as Float32Array;
  assert(bias[1]! < 0 && bias[3]! < 0, `${bias}`);
});

Deno.test("a detector trains its head only", () => {
  const preprocessing = { ...glyphNet().preprocessing!, heightPx: 48, widthPx: 48 };
  const options = { layer: "stage3.relu", channels: 128, preprocessing, seed: 0 };
  const model = detector(glyphNet(), { ...options, grid });
  assertEquals(model.outputs[0]!.shape, ["batch", 6, 6, 6]);
  const trained = [...model.parameters.values()].filter(({ trainable }) => trainable);
  assert(trained.length === 6 && trained.every(({ name }) => name.startsWith("head.")));
});

Deno.test("drawScene() draws the same scene again, its things within it", () => {
  const options = { seed: 3, index: 4, sizePx: 96, characters: [..."0123456789"] };
  const scene = drawScene(options);
  assertEquals(scene, drawScene(options));
  assert(scene.things.length > 0);
  for (const { left, top, right, bottom } of scene.things) {
    assert(left >= 0 && top >= 0 && right <= 96 && bottom <= 96 && right - left > 3);
  }
});

Deno.test("squeezed() and drawBoxes() on pixels that can be counted", () => {
  const image = { widthPx: 2, heightPx: 1, data: Uint8Array.from([0, 0, 0, 200, 200, 200]) };
  const square = squeezed(image, 4);
  assertEquals([...square.data.filter((_, at) => at % 3 === 0).slice(0, 4)], [0, 50, 150, 200]);
  const drawn = drawBoxes(square, [{ ...box(0, 0, 3, 3), colour: [9, 9, 9] }]);
  assertEquals([...drawn.data].filter((byte) => byte === 9).length, 3 * 12);
});

Deno.test("readVoc() reads boxes in the scale of the squeezed picture", async () => {
  const folder = await Deno.makeTempDir();
  for (const name of ["Annotations", "JPEGImages"]) await Deno.mkdir(`${folder}/${name}`);
  const pixels = Uint8Array.from(`P6 4 2 255\n${"abc".repeat(8)}`, (one) => one.charCodeAt(0));
  await Deno.writeFile(`${folder}/JPEGImages/1.ppm`, pixels);
  const xml = "<annotation><filename>1.ppm</filename><object><name>cat</name><bndbox>" +
    "<xmin>1</xmin><ymin>0</ymin><xmax>4</xmax><ymax>1</ymax></bndbox></object></annotation>";
  await Deno.writeTextFile(`${folder}/Annotations/1.xml`, xml);
  const { scenes, classes } = await readVoc(folder, 8);
  assertEquals(classes, ["cat"]);
  assertEquals(scenes[0]!.things, [{ label: 0, ...box(2, 0, 8, 4) }]);
  assertEquals(scenes[0]!.image.widthPx, 8);
  await Deno.writeTextFile(`${folder}/Annotations/1.xml`, "<annotation></annotation>");
  await assertRejects(() => readVoc(folder, 8), Error, "holds no boxes");
  await Deno.remove(folder, { recursive: true });
});
