/**
 * From a JPEG file of 500×375 pixels to what a network reads: decoding, preparation for evaluation
 * and with random crops, and each random change; and ResNet-18's features of 32 such files.
 *
 *     deno bench -A bench/pictures_bench.ts
 */
import {
  type Augmentation,
  colorJitter,
  decodeImage,
  extractFeatures,
  horizontalFlip,
  imagenetPreprocessing,
  pictures,
  randomErasing,
  randomResizedCrop,
  rng,
} from "../mod.ts";
import { resnet18 } from "../models/resnet.ts";
import { drawnJpeg } from "./drawn_pictures.ts";

const COUNT = 32;
const preprocessing = imagenetPreprocessing();
const files = await Promise.all(Array.from({ length: COUNT }, (_, i) => drawnJpeg("bench", i)));
const dataset = pictures(files.map((image) => ({ image, target: 0 })));

Deno.bench("decodeImage(), a JPEG of 500×375", async () => {
  await decodeImage(files[0]!);
});
const kinds = {
  evaluation: "none",
  "random crops": "imagenet",
  "gentle changes": "gentle",
} as const;
for (const [kind, augment] of Object.entries(kinds)) {
  const ready = dataset.prepare({ preprocessing, augment });
  Deno.bench(`${COUNT} JPEGs prepared for 224², ${kind}`, async () => {
    await Promise.all(files.map((_, index) => ready.get(index, 0)));
  });
}

const small = await dataset.prepare({ preprocessing }).get(0);
const changes: readonly Augmentation[] = [
  horizontalFlip({ probability: 1 }),
  colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }),
  randomErasing({ probability: 1 }),
] as readonly Augmentation[];
for (const change of changes) {
  const drawn = change.sample(rng(0, change.name), 224, 224);
  Deno.bench(`${change.name}, 224²`, () => {
    change.apply(small!.image!, drawn);
  });
}
const crop = randomResizedCrop();
Deno.bench("randomResizedCrop, the draw", () => {
  crop.sample(rng(0), 500, 375);
});

const backbone = resnet18();
Deno.bench({
  name: `extractFeatures(), ResNet-18, ${COUNT} JPEGs`,
  n: 3,
  warmup: 1,
  fn: async () => {
    await extractFeatures(backbone, dataset, { device: "cpu", verbose: false });
  },
});
