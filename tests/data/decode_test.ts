import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import sharp, { type Sharp } from "sharp";
import { decodeForEvaluation, decodeImage, decodePart } from "../../src/data/decode.ts";
import { openPicture } from "../../src/data/picture.ts";
import { imagenetPreprocessing } from "../../src/data/preprocessing.ts";
import { UnreadableImageError } from "../../src/data/unreadable_image_error.ts";
import { shared } from "../shared.ts";
import { distance, fromBase64, quarterColours, QUARTERS, quarters, waves } from "./drawing.ts";
import { GOLDEN, INK_FILES } from "./golden.ts";

const drawn = quarters(48, 32);
const fromImage = (image = drawn): Sharp =>
  sharp(image.data, { raw: { width: image.widthPx, height: image.heightPx, channels: 3 } });
const greys = () =>
  sharp(drawn.data.filter((_, i) => i % 3 === 0), { raw: { width: 48, height: 32, channels: 1 } });
const reds = QUARTERS.map(([red]) => [red, red, red]);
const sixteenBits = (channels: 1 | 3): Sharp => {
  const values = channels === 3 ? drawn.data : drawn.data.filter((_, i) => i % 3 === 0);
  const wide = Uint16Array.from(values, (value) => value * 257);
  return sharp(wide, { raw: { width: 48, height: 32, channels } })
    .toColourspace(channels === 3 ? "rgb16" : "grey16");
};

/** A pipeline that ends in a file, what its quarters must be, and how far off they may be. */
const formats: Record<string, [Sharp, readonly (readonly number[])[], number]> = {
  "JPEG": [fromImage().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }), QUARTERS, 3],
  "progressive JPEG": [fromImage().jpeg({ quality: 95, progressive: true }), QUARTERS, 4],
  "greyscale JPEG": [greys().jpeg({ quality: 95 }), reds, 4],
  "PNG": [fromImage().png(), QUARTERS, 0],
  "palette PNG": [fromImage().png({ palette: true, colours: 16 }), QUARTERS, 3],
  "greyscale PNG": [greys().png(), reds, 0],
  "16-bit PNG": [sixteenBits(3).png(), QUARTERS, 0],
  "16-bit greyscale PNG": [sixteenBits(1).png(), reds, 0],
  "PNG with alpha": [fromImage().ensureAlpha(0.3).png(), QUARTERS, 0],
  "WebP": [fromImage().webp({ quality: 95 }), QUARTERS, 20],
  "lossless WebP with alpha": [fromImage().ensureAlpha(0.5).webp({ lossless: true }), QUARTERS, 1],
  "GIF": [fromImage().gif(), QUARTERS, 3],
  "AVIF": [fromImage().avif({ quality: 90, chromaSubsampling: "4:4:4" }), QUARTERS, 8],
  "TIFF": [fromImage().tiff({ compression: "lzw" }), QUARTERS, 0],
  "16-bit TIFF": [sixteenBits(3).tiff({ compression: "none" }), QUARTERS, 0],
};

for (const [format, [pipeline, colours, tolerance]] of Object.entries(formats)) {
  Deno.test(`decodeImage() reads ${format} as RGB`, async () => {
    const image = await decodeImage(await pipeline.toBuffer());
    assertEquals([image.widthPx, image.heightPx, image.data.length], [48, 32, 48 * 32 * 3]);
    assertNear(quarterColours(image), colours, tolerance);
  });
  Deno.test(`decodeForEvaluation() resizes ${format} as RGB`, async () => {
    const picture = await openPicture(await pipeline.toBuffer(), format);
    const image = await decodeForEvaluation(
      picture,
      imagenetPreprocessing({ heightPx: 16, widthPx: 24, resizePx: 16 }),
    );
    assertEquals([image.widthPx, image.heightPx, image.data.length], [24, 16, 24 * 16 * 3]);
    assertNear(quarterColours(image), colours, tolerance + 2);
  });
}

for (const [format, text] of Object.entries(INK_FILES)) {
  Deno.test(`decodeImage() reads CMYK ${format} as PIL does, whole and resized`, async () => {
    const file = fromBase64(text);
    assertEquals((await sharp(file).metadata()).space, "cmyk");
    assertNear(quarterColours(await decodeImage(file)), QUARTERS, 3);
    const wanted = imagenetPreprocessing({ heightPx: 8, widthPx: 8, resizePx: 8 });
    const small = await decodeForEvaluation(await openPicture(file, format), wanted);
    assertNear(quarterColours(small), QUARTERS, 4);
  });
}

Deno.test("decodeImage() takes the first frame of an animation", async () => {
  const frames = [drawn, { ...drawn, data: new Uint8Array(drawn.data.length) }];
  const animated = await sharp(
    await Promise.all(frames.map((frame) => fromImage(frame).png().toBuffer())),
    { join: { animated: true } },
  ).gif().toBuffer();
  assertEquals((await sharp(animated).metadata()).pages, 2);
  const image = await decodeImage(animated);
  assertEquals([image.widthPx, image.heightPx], [48, 32]);
  assertNear(quarterColours(image), QUARTERS, 3);
});

// Where the quarters of the stored picture come to lie, by EXIF's table.
const orientations = [
  [0, 1, 2, 3],
  [1, 0, 3, 2],
  [3, 2, 1, 0],
  [2, 3, 0, 1],
  [0, 2, 1, 3],
  [2, 0, 3, 1],
  [3, 1, 2, 0],
  [1, 3, 0, 2],
];
orientations.forEach((places, index) => {
  const orientation = index + 1;
  Deno.test(`decodeImage() turns EXIF orientation ${orientation} upright, whole, resized and cropped`, async () => {
    const stored = await fromImage().withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
    const expected = places.map((place) => QUARTERS[place]!);
    const isTurned = orientation > 4;
    const size = isTurned ? [32, 48] : [48, 32];
    const image = await decodeImage(stored);
    assertEquals([image.widthPx, image.heightPx], size);
    assertNear(quarterColours(image), expected, 5);
    const picture = await openPicture(stored, "turned");
    const [widthPx, heightPx] = isTurned ? [16, 24] : [24, 16];
    const wanted = imagenetPreprocessing({ widthPx: widthPx!, heightPx: heightPx!, resizePx: 16 });
    assertNear(quarterColours(await decodeForEvaluation(picture, wanted)), expected, 6);
    const corner = { leftPx: size[0]! / 2 + 4, topPx: 4, widthPx: 8, heightPx: 8 };
    const part = await decodePart(
      picture,
      corner,
      imagenetPreprocessing({ widthPx: 8, heightPx: 8 }),
    );
    assertNear(quarterColours(part), Array(4).fill(expected[1]!), 6);
  });
});

Deno.test("decodeImage() drops alpha as it is, also while resizing", async () => {
  const data = new Uint8Array(32 * 32 * 4);
  for (let i = 0; i < data.length; i += 4) data.set([200, 100, 50, i / 4 % 32 < 16 ? 0 : 255], i);
  const png = await sharp(data, { raw: { width: 32, height: 32, channels: 4 } }).png().toBuffer();
  const preprocessing = imagenetPreprocessing({ widthPx: 8, heightPx: 8, resizePx: 8 });
  for (
    const image of [
      await decodeImage(png),
      await decodeForEvaluation(await openPicture(png, "alpha"), preprocessing),
    ]
  ) assertNear(quarterColours(image), Array(4).fill([200, 100, 50]), 0);
});

for (const interpolation of ["bilinear", "bicubic", "lanczos", "nearest"] as const) {
  const wanted = imagenetPreprocessing({ widthPx: 8, heightPx: 8, resizePx: 13, interpolation });
  Deno.test(`decodeForEvaluation() shrinks as torchvision does, ${interpolation}`, async () => {
    const png = await fromImage(waves(64, 48)).png().toBuffer();
    const { data } = await decodeForEvaluation(await openPicture(png, "waves"), wanted);
    const { mean } = distance(data, fromBase64(GOLDEN[`shrink_${interpolation}`]));
    assert(mean < (interpolation === "nearest" ? 12 : 1.2), `mean distance ${mean}`);
  });
  Deno.test(`decodeForEvaluation() enlarges as torchvision does, ${interpolation}`, async () => {
    const { data } = await decodeForEvaluation(await openPicture(waves(10, 8), "waves"), wanted);
    const { most } = distance(data, fromBase64(GOLDEN[`enlarge_${interpolation}`]));
    assert(most <= 1, `greatest distance ${most}`);
  });
}

Deno.test("decodePart() of a large JPEG by shrinking the whole comes close to cutting first", async () => {
  const image = waves(1600, 1200);
  const part = { leftPx: 123, topPx: 77, widthPx: 1111, heightPx: 987 };
  const wanted = imagenetPreprocessing({ widthPx: 64, heightPx: 64 });
  const jpeg = await openPicture(await fromImage(image).jpeg({ quality: 95 }).toBuffer(), "jpeg");
  const png = await openPicture(await fromImage(image).png().toBuffer(), "png");
  const { mean } = distance(
    (await decodePart(jpeg, part, wanted)).data,
    (await decodePart(png, part, wanted)).data,
  );
  assert(mean < 8, `mean distance ${mean}`);
});

Deno.test("decodeForEvaluation() copes with very long pictures and with networks that are not square", async () => {
  const long = await openPicture(await fromImage(quarters(9000, 40)).png().toBuffer(), "long");
  const image = await decodeForEvaluation(long, imagenetPreprocessing());
  assertEquals([image.widthPx, image.heightPx], [224, 224]);
  const upright = await openPicture(quarters(20, 40), "upright");
  const wanted = imagenetPreprocessing({ widthPx: 64, heightPx: 16, resizePx: 16 });
  const wide = await decodeForEvaluation(upright, wanted);
  assertEquals([wide.widthPx, wide.heightPx, wide.data.length], [64, 16, 64 * 16 * 3]);
});

Deno.test("decodeForEvaluation() hands on a picture in memory that has the size already", async () => {
  const image = waves(8, 8);
  const wanted = imagenetPreprocessing({ widthPx: 8, heightPx: 8, resizePx: 8 });
  assertStrictEquals(await decodeForEvaluation(await openPicture(image, "waves"), wanted), image);
});

Deno.test("decodeImage() reads paths, file URLs and names with brackets", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/a [1] ä.png`;
  await Deno.writeFile(path, await fromImage().png().toBuffer());
  assertNear(quarterColours(await decodeImage(path)), QUARTERS, 0);
  const url = new URL(`file://${encodeURI(folder)}/${encodeURIComponent("a [1] ä.png")}`);
  assertNear(quarterColours(await decodeImage(url)), QUARTERS, 0);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("decodeImage() reads an address and tells a refusal", async () => {
  const png = new Uint8Array(await fromImage().png().toBuffer());
  const server = Deno.serve(
    { port: 0, onListen: () => {} },
    (request) =>
      request.url.endsWith("/a.png") ? new Response(png) : new Response("", { status: 404 }),
  );
  const root = `http://localhost:${server.addr.port}`;
  assertNear(quarterColours(await decodeImage(new URL(`${root}/a.png`))), QUARTERS, 0);
  const missing = () => decodeImage(new URL(`${root}/b.png`));
  await assertRejects(missing, UnreadableImageError, "the server answered 404");
  await server.shutdown();
});

Deno.test("decodeImage() names a picture that cannot be read, and why", async () => {
  const jpeg = await fromImage(waves(200, 200)).jpeg().toBuffer();
  const cases: [string | Uint8Array, string][] = [
    ["/no/such.jpg", 'Cannot read the picture "/no/such.jpg": there is no such file'],
    [new Uint8Array(0), "Cannot read the picture"],
    [new TextEncoder().encode("<html>not found</html>"), "it holds no picture in a format known"],
    [new Uint8Array(jpeg.subarray(0, jpeg.length >> 1)), "Cannot read the picture"],
  ];
  for (const [source, text] of cases) {
    const error = await assertRejects(() => decodeImage(source), UnreadableImageError, text);
    assert(error.reason.length > 5 && error.message.includes("onUnreadable"), error.message);
  }
});

const pictures = shared("data/images/hymenoptera_data/val/ants");
Deno.test({
  name: "decodeForEvaluation() comes within 0.6 of torchvision on photographs",
  ignore: pictures === undefined,
  async fn() {
    const photo = new URL("10308379_1b6c72e180.jpg", `${pictures}/`);
    const image = await decodeForEvaluation(
      await openPicture(photo, "ant"),
      imagenetPreprocessing(),
    );
    // Means of 28×28 blocks of torchvision's Resize(256) and CenterCrop(224).
    const { mean } = distance(blockMeans(image.data, 224, 28), fromBase64(PHOTO_BLOCKS));
    assert(mean < 0.6, `mean distance ${mean}`);
  },
});

const PHOTO_BLOCKS =
  "+fv7+fn59fb11tXRtquL7e7t5eno7PHz8/Pzz8zLxcK/tbCqloZp1dLPh353s7W24uHhlouGhHZydmpjempUhHdwWElDiYSC3dzchnp3aFZRXlFPUj0zX0tDaFpVqaio+Pj4y8fHh3h1Rzc0STQuWkdBdmhjyMvO8fDw7evrtq6tQjU2UDw1gHNuvrq45Ofp+/z88O/vwby+QjY2f2xewLq2zszJ5ujo9vj59PT1sq6xbGBMp5yJ1tTT3eHn4ufq";

/** Means of square blocks of a square picture, rounded down. */
function blockMeans(data: Uint8Array, edge: number, block: number): Uint8Array {
  const count = edge / block;
  const sums = new Float64Array(count * count * 3);
  data.forEach((value, i) => {
    const [x, y] = [Math.floor(i / 3) % edge, Math.floor(i / 3 / edge)];
    sums[(Math.floor(y / block) * count + Math.floor(x / block)) * 3 + i % 3]! += value;
  });
  return Uint8Array.from(sums, (sum) => Math.floor(sum / (block * block)));
}

function assertNear(
  actual: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
  tolerance: number,
): void {
  const off = Math.max(
    ...actual.flatMap((row, i) => row.map((v, j) => Math.abs(v - expected[i]![j]!))),
  );
  assert(
    off <= tolerance,
    `${off} away: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`,
  );
}
