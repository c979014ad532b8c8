import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { autocontrast } from "../../src/data/transforms/autocontrast.ts";
import { compose, oneOf, randomApply } from "../../src/data/transforms/combine.ts";
import { equalize } from "../../src/data/transforms/equalize.ts";
import { gaussianBlur } from "../../src/data/transforms/gaussian_blur.ts";
import { grayscale } from "../../src/data/transforms/grayscale.ts";
import { horizontalFlip } from "../../src/data/transforms/horizontal_flip.ts";
import { invert } from "../../src/data/transforms/invert.ts";
import { perspective } from "../../src/data/transforms/perspective.ts";
import { posterize } from "../../src/data/transforms/posterize.ts";
import { randomResizedCrop } from "../../src/data/transforms/random_resized_crop.ts";
import { rotate } from "../../src/data/transforms/rotate.ts";
import { sharpen } from "../../src/data/transforms/sharpen.ts";
import { shear } from "../../src/data/transforms/shear.ts";
import { solarize } from "../../src/data/transforms/solarize.ts";
import { verticalFlip } from "../../src/data/transforms/vertical_flip.ts";
import type { Image } from "../../src/tensor/dataset.ts";
import { rng } from "../../src/tensor/rng.ts";
import { distance, fromBase64, waves } from "./drawing.ts";
import golden from "./golden/transforms.json" with { type: "json" };

const { widthPx, heightPx } = golden;
const picture = { widthPx, heightPx, data: fromBase64(golden.picture) };
const fill = golden.fill as unknown as readonly [number, number, number];
type Mode = "nearest" | "bilinear";

// deno-lint-ignore no-explicit-any
const APPLY: Record<string, (...args: any[]) => Image> = {
  rotate: (degrees: number, interpolation: Mode) =>
    rotate({ interpolation, fill }).apply(picture, degrees),
  shear: (xDegrees: number, yDegrees: number, interpolation: Mode) =>
    shear({ interpolation, fill }).apply(picture, { xDegrees, yDegrees }),
  perspective: (corners: [number, number][], interpolation: Mode) =>
    perspective({ interpolation, fill }).apply(picture, corners),
  gaussianBlur: (kernelPx: number, sigma: number) =>
    gaussianBlur({ kernelPx }).apply(picture, sigma),
  sharpen: (factor: number) => sharpen({ factor }).apply(picture, true),
  invert: () => invert().apply(picture, true),
  equalize: () => equalize().apply(picture, true),
  autocontrast: () => autocontrast().apply(picture, true),
  grayscale: () => grayscale().apply(picture, true),
  verticalFlip: () => verticalFlip().apply(picture, true),
  solarize: (threshold: number) => solarize({ threshold }).apply(picture, true),
  posterize: (bits: number) => posterize({ bits }).apply(picture, true),
};
/** The greatest distance allowed where sums are taken in another order than torchvision's. */
const CLOSE: Record<string, number> = { gaussianBlur: 1 };

for (const { what, args, data } of golden.cases) {
  const apply = APPLY[what];
  if (!apply) continue;
  Deno.test(`${what}(${JSON.stringify(args).slice(1, -1)}) equals torchvision's`, () => {
    const { mean, most } = distance(apply(...args).data, fromBase64(data));
    assert(most <= (CLOSE[what] ?? 0) && mean < 0.01, `mean distance ${mean}, greatest ${most}`);
  });
}

Deno.test("transforms leave their input alone and keep its size", () => {
  const image = waves(20, 17);
  const random = rng(1);
  const always = { probability: 1 };
  const all = [
    rotate(),
    shear({ yDegrees: 5 }),
    perspective(always),
    gaussianBlur(),
    sharpen(always),
    invert(always),
    equalize(always),
    autocontrast(always),
    grayscale(always),
    verticalFlip(always),
    solarize(always),
    posterize(always),
  ];
  for (const transform of all) {
    const params = transform.sample(random, 20, 17) as never;
    const changed = transform.apply(image, params);
    assertEquals([changed.widthPx, changed.heightPx, changed.data.length], [20, 17, 1020]);
    assert(changed.data.some((value, i) => value !== image.data[i]), transform.name);
    assertEquals(image, waves(20, 17));
    assertEquals(transform.apply(image, params), changed);
  }
});

Deno.test("angles, deviations and corners are drawn within their bounds", () => {
  const random = rng(2);
  for (let i = 0; i < 300; i++) {
    assert(Math.abs(rotate({ degrees: 20 }).sample(random, 8, 8)) <= 20);
    const turn = rotate({ degrees: [-5, 40] }).sample(random, 8, 8);
    assert(turn >= -5 && turn <= 40);
    assertEquals(shear().sample(random, 8, 8).yDegrees, 0);
    const sigma = gaussianBlur({ sigmaPx: [0.5, 0.6] }).sample(random, 8, 8);
    assert(sigma >= 0.5 && sigma <= 0.6);
    const [first, , third] = perspective({ probability: 1 }).sample(random, 40, 20)!;
    assert(first![0] >= 0 && first![0] <= 10 && first![1] >= 0 && first![1] <= 5);
    assert(third![0] >= 29 && third![0] <= 39 && third![1] >= 14 && third![1] <= 19);
  }
});

Deno.test("a blur wider than the picture mirrors it again and again", () => {
  const grey = { widthPx: 2, heightPx: 1, data: Uint8Array.of(10, 10, 10, 10, 10, 10) };
  assertEquals(gaussianBlur({ kernelPx: 31 }).apply(grey, 9), grey);
});

Deno.test("a picture of one level has no contrast and no histogram to spread", () => {
  const grey = { widthPx: 20, heightPx: 20, data: new Uint8Array(1200).fill(77) };
  assertEquals(autocontrast().apply(grey, true).data, grey.data);
  assertEquals(equalize().apply(grey, true).data, grey.data);
});

Deno.test("oneOf() draws by weight, randomApply() by probability, compose() goes in order", () => {
  const random = rng(4);
  const choice = oneOf([invert(), grayscale(), verticalFlip()], [1, 0, 3]);
  const counts = [0, 0, 0];
  for (let i = 0; i < 2000; i++) counts[choice.sample(random, 8, 8).index]!++;
  assertEquals(counts[1], 0);
  assertAlmostEquals(counts[0]! / 2000, 0.25, 0.04);
  const seldom = randomApply(invert({ probability: 1 }), 0.2);
  const times = Array.from({ length: 2000 }, () => seldom.sample(random, 8, 8)).filter(Boolean);
  assertAlmostEquals(times.length / 2000, 0.2, 0.04);
  assertEquals(seldom.apply(picture, undefined), picture);
  const both = compose([solarize({ threshold: 0 }), posterize({ bits: 1 })]);
  const white = { widthPx: 1, heightPx: 1, data: Uint8Array.of(255, 255, 0) };
  assertEquals(both.apply(white, [true, true]).data, Uint8Array.of(0, 0, 128));
});

Deno.test("transforms and lists of transforms refuse what they cannot do", () => {
  assertThrows(() => rotate({ degrees: -3 }), RangeError, "a number, 0 or more, or [least, most]");
  assertThrows(() => gaussianBlur({ kernelPx: 4 }), RangeError, "an odd integer");
  assertThrows(() => posterize({ bits: 9 }), RangeError, 'option "bits"');
  assertThrows(() => shear({ fill: [0, 0, 256] }), RangeError, 'option "fill');
  assertThrows(() => oneOf([]), TypeError, "one transform or more");
  assertThrows(() => oneOf([invert()], [0]), RangeError, "not all 0");
  assertThrows(() => randomApply(invert(), 1.5), RangeError, "found 1.5");
  assertThrows(() => compose([horizontalFlip, 3] as never), TypeError, "give a transform");
  assertThrows(
    () => randomApply(randomResizedCrop()),
    RangeError,
    "must be the first of the list",
  );
});
