import { assert, assertEquals, assertRejects } from "@std/assert";
import sharp from "sharp";
import { pictures } from "../../src/data/pictures.ts";
import { imagenetPreprocessing } from "../../src/data/preprocessing.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { epochOrder } from "../../src/train/epoch_order.ts";
import { mixUp } from "../../src/train/mix/mix_up.ts";
import { captionOf } from "../../src/workflow/show_batch/caption.ts";
import { showBatch } from "../../src/workflow/show_batch/show_batch.ts";

const colours = [[250, 0, 0], [0, 250, 0], [0, 0, 250]] as const;
const data = pictures(
  [0, 1, 2, 0, 1, 2].map((target) => ({
    image: {
      widthPx: 12,
      heightPx: 12,
      data: Uint8Array.from({ length: 432 }, (_, i) => colours[target]![i % 3]!),
    },
    target,
  })),
  { classes: ["<red>", "green", "blue"] },
);
const preprocessing = imagenetPreprocessing({ heightPx: 10, widthPx: 10 });

Deno.test("showBatch() draws the pictures that fit() takes first, in rows", async () => {
  const png = await showBatch(preprocessing, data, { rows: 2, columns: 2, seed: 5, tilePx: 40 });
  const { data: pixels, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  assertEquals([info.width, info.height], [3 * 8 + 2 * 40, 8 + 2 * (40 + 20 + 8)]);
  const settings = { shuffle: true, seed: 5, batchSize: 4 };
  const { order } = epochOrder(settings, data, 0);
  for (const [at, index] of Array.from(order.subarray(0, 4)).entries()) {
    const x = 8 + at % 2 * 48 + 20, y = 8 + Math.floor(at / 2) * 68 + 20;
    const from = (y * info.width + x) * info.channels;
    assertEquals([...pixels.subarray(from, from + 3)], [...colours[data.target(index)!]!]);
  }
});

Deno.test("showBatch() writes a page with pictures and labels inside, mixed ones too", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const out = `${folder}/batch.html`;
    await showBatch(preprocessing, data, { out, rows: 1, columns: 3, augment: "imagenet" });
    const page = await Deno.readTextFile(out);
    assertEquals(page.match(/<figure>/g)?.length, 3);
    assertEquals(page.match(/src="data:image\/png;base64,/g)?.length, 3);
    assert(!page.includes("<red>") && /&lt;red>|green|blue/.test(page));
    await showBatch(preprocessing, data, { out, mix: mixUp({ alpha: 50 }), seed: 1 });
    assert(/0\.\d\d \+ \w/.test(await Deno.readTextFile(out)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("captions name a class, the shares of several, or numbers", () => {
  const classes = ["a", "b", "c", "d"];
  const shares = tensor("float32", [2, 4], Float32Array.of(0.25, 0, 0.75, 0, 1, 1, 1, 1));
  assertEquals(captionOf(tensor("int64", [2], BigInt64Array.of(1n, 3n)), 1, classes), "d");
  assertEquals(captionOf(shares, 0, classes), "c 0.75 + a 0.25");
  assertEquals(captionOf(shares, 1, classes), "a + b + c + …");
  assertEquals(
    captionOf(tensor("float32", [1, 1], Float32Array.of(3.14159)), 0, undefined),
    "3.14",
  );
  assertEquals(captionOf(undefined, 0, classes), "");
});

Deno.test("showBatch() refuses data without pictures, and other endings", async () => {
  const rows = { length: 1, get: () => ({ inputs: {} }) };
  await assertRejects(() => showBatch(preprocessing, rows), TypeError, "holds no pictures");
  await assertRejects(
    () => showBatch(preprocessing, data, { out: "batch.gif" }),
    RangeError,
    "ends in .png or .html",
  );
});
