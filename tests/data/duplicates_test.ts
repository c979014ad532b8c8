import { assert, assertEquals, assertRejects } from "@std/assert";
import sharp from "sharp";
import { findDuplicates } from "../../src/data/duplicates/find_duplicates.ts";
import { hammingDistance, perceptualHash } from "../../src/data/duplicates/perceptual_hash.ts";
import { openPicture } from "../../src/data/picture.ts";
import { pictures } from "../../src/data/pictures.ts";
import type { Image } from "../../src/tensor/dataset.ts";
import { rng } from "../../src/tensor/rng.ts";

/** Soft random blots: no two seeds look alike. */
async function blots(seed: number): Promise<Image> {
  const random = rng("blots", seed);
  const small = Uint8Array.from({ length: 6 * 5 * 3 }, () => random.integer(256));
  const { data } = await sharp(small, { raw: { width: 6, height: 5, channels: 3 } })
    .resize(120, 100, { kernel: "cubic" }).raw().toBuffer({ resolveWithObject: true });
  return { widthPx: 120, heightPx: 100, data: new Uint8Array(data) };
}
const file = ({ data, widthPx, heightPx }: Image) =>
  sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 } });

Deno.test("findDuplicates() finds equal files, other sizes and qualities, across data sets", async () => {
  const images = await Promise.all([0, 1, 2, 3, 4, 5].map(blots));
  const png = await file(images[0]!).png().toBuffer();
  const jpeg = await file(images[1]!).resize(71, 60).jpeg({ quality: 50 }).toBuffer();
  const train = pictures([
    { image: new Uint8Array(png), target: 0 },
    { image: images[1]!, name: "one", target: 1 },
    { image: images[2]! },
    { image: images[3]! },
  ]);
  const test = pictures([
    { image: images[4]! },
    { image: new Uint8Array(jpeg), target: 0 },
    { image: new Uint8Array(png), target: 1 },
    { image: images[5]! },
  ]);
  for (const near of ["pHash", "dHash"] as const) {
    const seen: number[] = [];
    const onProgress = (done: number) => seen.push(done);
    const pairs = await findDuplicates([train, test], { near, onProgress });
    assertEquals(pairs.length, 2, near);
    const [exact, similar] = pairs;
    assertEquals([exact!.first.index, exact!.second.index, exact!.isExact], [0, 2, true]);
    assertEquals([exact!.first.dataset, exact!.second.dataset], [0, 1]);
    assertEquals([exact!.first.target, exact!.second.target], [0, 1]);
    assertEquals([similar!.first.name, similar!.second.index, similar!.isExact], ["one", 1, false]);
    assertEquals(seen, [8]);
  }
  assertEquals((await findDuplicates([train, test], { near: "none" })).length, 1);
  assertEquals(await findDuplicates(train), []);
});

Deno.test("findDuplicates() compares plain pictures by their bytes only, and passes over broken ones", async () => {
  const plain = (value: number) => ({
    image: { widthPx: 9, heightPx: 9, data: new Uint8Array(243).fill(value) },
  });
  const broken = { image: new Uint8Array([1, 2, 3]) };
  const pairs = await findDuplicates(pictures([plain(3), plain(200), broken, plain(3)]));
  assertEquals(pairs.map(({ first, second }) => [first.index, second.index]), [[0, 3]]);
});

Deno.test("a difference hash says which greys rise, a cosine hash survives a change of light", async () => {
  const ramp = Uint8Array.from({ length: 18 * 16 * 3 }, (_, i) => 10 * (Math.floor(i / 3) % 18));
  const rising = await openPicture({ widthPx: 18, heightPx: 16, data: ramp }, "ramp");
  assertEquals(await perceptualHash(rising, "dHash"), [-1, -1]);
  assertEquals(hammingDistance([-1, -1], [0, 1]), 63);
  const image = await blots(7);
  const darker = { ...image, data: image.data.map((value) => value * 0.7) };
  const [a, b] = await Promise.all(
    [image, darker].map(async (one) => await perceptualHash(await openPicture(one, ""), "pHash")),
  );
  assert(hammingDistance(a!, b!) <= 4);
});

Deno.test("findDuplicates() says where there are no pictures", async () => {
  const rows = { length: 1, get: () => ({ inputs: {} }) };
  await assertRejects(() => findDuplicates(rows), TypeError, "example 0 is no picture");
});
