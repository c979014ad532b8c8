import { assertEquals, assertRejects } from "@std/assert";
import { decodeImage } from "../../src/data/decode.ts";
import { UnreadableImageError } from "../../src/data/unreadable_image_error.ts";
import { shared } from "../shared.ts";

const ascii = (text: string, ...bytes: number[]) =>
  Uint8Array.of(...new TextEncoder().encode(text), ...bytes);
const RED_GREEN = [255, 0, 0, 0, 255, 0];
const GREYS = [0, 0, 0, 128, 128, 128];

/** A bitmap of 2×1 pixels. */
function bmp(bits: number, palette: number[], row: number[], height = 1): Uint8Array {
  const bytes = new Uint8Array(54 + palette.length + row.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(10, 54 + palette.length, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, 2, true);
  view.setInt32(22, height, true);
  view.setUint16(28, bits, true);
  bytes.set(palette, 54);
  bytes.set(row, 54 + palette.length);
  return bytes;
}

const palette = [0, 0, 255, 0, 0, 255, 0, 0];
const cases: Record<string, [Uint8Array, number[]]> = {
  "binary PPM": [ascii("P6\n# a comment\n2 1\n255\n", ...RED_GREEN), RED_GREEN],
  "binary PGM": [ascii("P5 2 1 255 ", 0, 128), GREYS],
  "16-bit PGM": [ascii("P5 2 1 65535\n", 0, 0, 0x80, 0x80), GREYS],
  "PGM of few levels": [ascii("P5 2 1 2\n", 0, 1), GREYS],
  "text PPM": [ascii("P3\n2 1\n15\n15 0 0\n0 15 0\n"), RED_GREEN],
  "text PGM": [ascii("P2 2 1 255 0\n128"), GREYS],
  "24-bit BMP": [bmp(24, [], [0, 0, 255, 0, 255, 0, 0, 0]), RED_GREEN],
  "32-bit BMP": [bmp(32, [], [0, 0, 255, 9, 0, 255, 0, 9]), RED_GREEN],
  "8-bit BMP": [bmp(8, palette, [0, 1, 0, 0]), RED_GREEN],
  "4-bit BMP": [bmp(4, palette, [0x01, 0, 0, 0]), RED_GREEN],
  "1-bit BMP": [bmp(1, palette, [0x40, 0, 0, 0]), RED_GREEN],
};
for (const [format, [bytes, pixels]] of Object.entries(cases)) {
  Deno.test(`decodeImage() reads a ${format}`, async () => {
    const image = await decodeImage(bytes);
    assertEquals(image, { widthPx: 2, heightPx: 1, data: Uint8Array.from(pixels) });
  });
}

Deno.test("decodeImage() reads the rows of a BMP bottom up, or top down where the height is negative", async () => {
  const rows = [0, 0, 255, 0, 0, 255, 0, 0, 0, 255, 0, 0, 255, 0, 0, 0];
  const [red, green] = [[255, 0, 0, 255, 0, 0], [0, 255, 0, 0, 255, 0]];
  assertEquals([...(await decodeImage(bmp(24, [], rows, 2))).data], [...green, ...red]);
  assertEquals([...(await decodeImage(bmp(24, [], rows, -2))).data], [...red, ...green]);
});

const broken: Record<string, Uint8Array> = {
  "a PPM cut short": ascii("P6 9 9 255\n", 1, 2, 3),
  "a text PGM cut short": ascii("P2 2 2 255\n1 2 3 "),
  "a PGM without a size": ascii("P5 x 1 255\n", 0),
  "a bitmap of bits": ascii("P4 8 1\n", 0),
  "a BMP cut short": bmp(24, [], [0, 0], 1),
  "a compressed BMP": bmp(8, palette, [0, 0, 0, 0]).with(30, 1),
};
for (const [what, bytes] of Object.entries(broken)) {
  Deno.test(`decodeImage() refuses ${what}`, async () => {
    await assertRejects(() => decodeImage(bytes, "it"), UnreadableImageError, 'the picture "it"');
  });
}

const face = shared("data/images/orl_faces/s1/1.pgm");
Deno.test({
  name: "decodeImage() reads a face of the ORL collection",
  ignore: face === undefined,
  async fn() {
    const image = await decodeImage(face!);
    assertEquals([image.widthPx, image.heightPx], [92, 112]);
  },
});
