import { assert, assertEquals, assertRejects } from "@std/assert";
import { IMAGES } from "../../src/artifacts/image_input.ts";
import { colorJitter } from "../../src/data/transforms/color_jitter.ts";
import { horizontalFlip } from "../../src/data/transforms/horizontal_flip.ts";
import { grayscale } from "../../src/data/transforms/grayscale.ts";
import { perspective } from "../../src/data/transforms/perspective.ts";
import { rotate } from "../../src/data/transforms/rotate.ts";
import { shear } from "../../src/data/transforms/shear.ts";
import { randomCrop } from "../../src/data/transforms/random_crop.ts";
import { randomResizedCrop } from "../../src/data/transforms/random_resized_crop.ts";
import { verticalFlip } from "../../src/data/transforms/vertical_flip.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import type { Augment } from "../../src/tensor/dataset.ts";
import { batchOf, COUNT, distance, inGraph } from "./picture_changes.ts";

const jitter = colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4 });

/**
 * Bounds in levels: whole pixels are exact; a number may fall to either side of a level, and eight
 * bits between the passes of a resize are one. A part that is made smaller is resized by libvips on
 * the CPU, half a pixel from where PIL has it, in pictures that change by 20 levels a pixel. Places that single
 * precision takes across an edge are few.
 */
const cases: readonly {
  readonly name: string;
  readonly augment: Augment;
  readonly most: number;
  readonly mean: number;
  readonly size?: readonly [height: number, width: number];
}[] = [
  { name: "flips", augment: [horizontalFlip(), verticalFlip()], most: 0, mean: 0 },
  { name: "a crop into black", augment: [randomCrop({ paddingPx: 6 })], most: 0, mean: 0 },
  { name: "grey", augment: [grayscale({ probability: 0.5 })], most: 1, mean: 0.05 },
  { name: "a turn", augment: [rotate({ degrees: 40 })], most: 255, mean: 0.1 },
  {
    name: "a bilinear turn",
    augment: [rotate({ degrees: 40, interpolation: "bilinear", fill: [9, 8, 7] })],
    most: 1,
    mean: 0.1,
  },
  { name: "a shear", augment: [shear({ xDegrees: 20, yDegrees: 10 })], most: 255, mean: 0.1 },
  { name: "a perspective", augment: [perspective({ probability: 0.7 })], most: 255, mean: 0.3 },
  { name: "brightness, contrast, saturation", augment: [jitter], most: 1, mean: 0.05 },
  // The whole picture is as large as what evaluation resizes to.
  {
    name: "a crop that is enlarged",
    augment: [randomResizedCrop({ scale: [0.1, 0.4] })],
    most: 1,
    mean: 0.3,
    size: [30, 36],
  },
  { name: '"gentle"', augment: "gentle", most: 12, mean: 1.5, size: [30, 36] },
  // Resized twice, and the second time out of less.
  { name: "a crop of a large picture", augment: "imagenet", most: 40, mean: 3, size: [75, 90] },
];

for (const { name, augment, most, mean, size } of cases) {
  Deno.test(`${name} in a graph is that of decoding`, async () => {
    const found = await distance(augment, cpu, size);
    assert(found.most <= most && found.mean <= mean, JSON.stringify(found));
  });
}

Deno.test("what is drawn for a graph changes pictures, each in its own way and anew each epoch", async () => {
  const plain = await batchOf("none", { inGraph: true });
  assertEquals(Object.keys(plain.inputs), [IMAGES]);
  const made = await inGraph(await batchOf([jitter, randomCrop()], { inGraph: true }), cpu);
  const each = made.length / COUNT;
  const rows = Array.from({ length: COUNT }, (_, row) => made.slice(row * each, (row + 1) * each));
  assertEquals(new Set(rows.map((row) => row.join())).size, COUNT);
});

Deno.test("a change that has no form in a graph is named", async () => {
  await assertRejects(
    () => batchOf([colorJitter({ hue: 0.1 })], { inGraph: true }),
    RangeError,
    '"colorJitter" cannot be part of a graph',
  );
});
