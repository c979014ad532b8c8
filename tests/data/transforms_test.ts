import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
} from "../../src/data/transforms/color.ts";
import { colorJitter } from "../../src/data/transforms/color_jitter.ts";
import { horizontalFlip } from "../../src/data/transforms/horizontal_flip.ts";
import { randomErasing } from "../../src/data/transforms/random_erasing.ts";
import { randomResizedCrop } from "../../src/data/transforms/random_resized_crop.ts";
import { transformsOf } from "../../src/data/transforms/recipes.ts";
import { rng } from "../../src/tensor/rng.ts";
import { colourAt, distance, fromBase64, waves } from "./drawing.ts";
import { GOLDEN } from "./golden.ts";

const image = waves(8, 8);

const adjustments = {
  brightness: adjustBrightness(image, 1.3),
  contrast: adjustContrast(image, 0.6),
  saturation: adjustSaturation(image, 1.7),
  hueBackward: adjustHue(image, -0.3),
  hueForward: adjustHue(image, 0.2),
};
for (const [name, { data }] of Object.entries(adjustments)) {
  Deno.test(`the adjustment of ${name} equals torchvision's`, () => {
    const { mean, most } = distance(data, fromBase64(GOLDEN[name as keyof typeof adjustments]));
    // A hue on the edge of two 8-bit steps may fall either way.
    assert(mean < 0.1 && most <= 3, `mean distance ${mean}, greatest ${most}`);
  });
}

Deno.test("adjustments leave their input alone, and white, black and greys stay grey", () => {
  assertEquals(image, waves(8, 8));
  const greys = {
    widthPx: 3,
    heightPx: 1,
    data: Uint8Array.of(0, 0, 0, 90, 90, 90, 255, 255, 255),
  };
  assertEquals(adjustHue(greys, 0.4).data, greys.data);
  assertEquals(adjustSaturation(greys, 2).data, greys.data);
});

Deno.test("randomResizedCrop() draws areas and shapes within its options, inside the picture", () => {
  const random = rng(1);
  const crop = randomResizedCrop({ scale: [0.2, 0.5], ratio: [0.5, 2] });
  const shares: number[] = [];
  for (let i = 0; i < 500; i++) {
    const { leftPx, topPx, widthPx, heightPx } = crop.sample(random, 500, 375);
    assert(leftPx >= 0 && topPx >= 0 && leftPx + widthPx <= 500 && topPx + heightPx <= 375);
    assert([leftPx, topPx, widthPx, heightPx].every(Number.isInteger));
    assert(widthPx / heightPx > 0.49 && widthPx / heightPx < 2.04);
    shares.push(widthPx * heightPx / 500 / 375);
  }
  assert(Math.min(...shares) > 0.19 && Math.max(...shares) < 0.51);
  assertAlmostEquals(shares.reduce((a, b) => a + b) / 500, 0.34, 0.02);
});

Deno.test("randomResizedCrop() takes the centre of a picture too narrow for any draw", () => {
  const part = randomResizedCrop({ scale: [0.9, 1] }).sample(rng(0), 1000, 10);
  assertEquals(part, { leftPx: 493, topPx: 0, widthPx: 13, heightPx: 10 });
  const dot = randomResizedCrop().sample(rng(0), 1, 1);
  assertEquals(dot, { leftPx: 0, topPx: 0, widthPx: 1, heightPx: 1 });
});

Deno.test("horizontalFlip() mirrors as often as asked, and twice is once", () => {
  const flip = horizontalFlip({ probability: 0.25 });
  const random = rng(3);
  const count =
    Array.from({ length: 2000 }, () => flip.sample(random, 8, 8)).filter(Boolean).length;
  assert(Math.abs(count - 500) < 80, `${count} of 2000`);
  const mirrored = flip.apply(image, true);
  assertEquals(colourAt(mirrored, 0, 3), colourAt(image, 7, 3));
  assertEquals(flip.apply(mirrored, true), image);
  assertEquals(flip.apply(image, false), image);
});

Deno.test("colorJitter() draws only what is asked, within bounds, in changing order", () => {
  const jitter = colorJitter({ brightness: 0.4, saturation: 2, hue: 0.1 });
  const random = rng(5);
  const orders = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const drawn = jitter.sample(random, 8, 8);
    orders.add(drawn.map(({ property }) => property).join(" "));
    for (const { property, amount } of drawn) {
      if (property === "brightness") assert(amount >= 0.6 && amount <= 1.4);
      if (property === "saturation") assert(amount >= 0 && amount <= 3);
      if (property === "hue") assert(Math.abs(amount) <= 0.1);
    }
  }
  assertEquals(orders.size, 6);
  assertEquals(colorJitter().sample(random, 8, 8), []);
});

Deno.test("randomErasing() erases one rectangle of the share asked and nothing else", () => {
  const plain = { widthPx: 40, heightPx: 30, data: new Uint8Array(3600).fill(200) };
  const random = rng(7);
  const erasing = randomErasing({ probability: 1, scale: [0.1, 0.2], value: [0, 0, 0] });
  for (let i = 0; i < 50; i++) {
    const part = erasing.sample(random, 40, 30)!;
    const erased = erasing.apply(plain, part).data.filter((value) => value === 0).length / 3;
    assertEquals(erased, part.widthPx * part.heightPx);
    assert(erased / 1200 > 0.08 && erased / 1200 < 0.22);
  }
  assertEquals(randomErasing({ probability: 0 }).sample(random, 40, 30), undefined);
  const noisy = randomErasing({ probability: 1, value: "random" });
  const part = noisy.sample(random, 40, 30)!;
  assertEquals(noisy.apply(plain, part), noisy.apply(plain, part));
  assert(new Set(noisy.apply(plain, part).data).size > 20);
});

Deno.test("transforms refuse options out of range, and unknown ones", () => {
  assertThrows(() => randomResizedCrop({ scale: [0, 1] }), RangeError, 'option "scale"');
  assertThrows(() => randomResizedCrop({ ratio: [2, 1] }), RangeError, 'option "ratio"');
  assertThrows(
    () => horizontalFlip({ probability: 2 }),
    RangeError,
    "a number from 0 to 1, found 2",
  );
  assertThrows(() => colorJitter({ hue: 0.6 }), RangeError, 'option "hue"');
  assertThrows(() => randomErasing({ value: [0, 0, 300] }), RangeError, 'option "value');
  const misspelt = { probabilty: 1 } as { probability?: number };
  assertThrows(() => horizontalFlip(misspelt), TypeError, 'did you mean "probability"?');
});

Deno.test("augmentations by name: known ones give transforms, others an error that helps", () => {
  assertEquals(transformsOf("none"), []);
  assertEquals(transformsOf("imagenet").map(({ name }) => name), [
    "randomResizedCrop",
    "horizontalFlip",
  ]);
  assert(transformsOf("gentle").length > 2);
  const wrong = (augment: unknown) => () => transformsOf(augment as "none");
  assertThrows(wrong("imagnet"), RangeError, 'did you mean "imagenet"?');
  assertThrows(wrong([horizontalFlip]), TypeError, "an array of transforms");
  assertThrows(wrong(3), TypeError, "found 3");
  assertThrows(wrong([horizontalFlip(), randomResizedCrop()]), RangeError, "must be the first");
});
