import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import sharp from "sharp";
import { imageFolder } from "../../src/data/image_folder.ts";
import { imagenetPreprocessing } from "../../src/data/preprocessing.ts";
import { randomResizedCrop } from "../../src/data/transforms/random_resized_crop.ts";
import { UnreadableImageError } from "../../src/data/unreadable_image_error.ts";
import { shared } from "../shared.ts";
import { waves } from "./drawing.ts";

const { data, widthPx, heightPx } = waves(40, 30);
const png = await sharp(data, { raw: { width: widthPx, height: heightPx, channels: 3 } }).png()
  .toBuffer();
const preprocessing = imagenetPreprocessing({ widthPx: 16, heightPx: 16 });

/** Runs `check` on a new folder with these files; a text is content, `true` a picture. */
async function withFolder(
  files: Record<string, string | true>,
  check: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [path, content] of Object.entries(files)) {
      const file = join(folder, path);
      await Deno.mkdir(join(file, ".."), { recursive: true });
      if (path.endsWith("/")) await Deno.mkdir(file, { recursive: true });
      else if (content === true) await Deno.writeFile(file, png);
      else await Deno.writeTextFile(file, content);
    }
    await check(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("imageFolder() sorts classes and files, reads folders inside, leaves other files out", () =>
  withFolder({
    "bee/10.png": true,
    "bee/2.PNG": true,
    "bee/more/deep/1.jpg": true,
    "bee/notes.txt": "",
    "bee/.hidden.png": true,
    ".git/x.png": true,
    "ant/z.webp": true,
    "readme.md": "",
  }, async (folder) => {
    const dataset = await imageFolder(folder);
    assertEquals(dataset.classes, ["ant", "bee"]);
    const files = ["ant/z.webp", "bee/10.png", "bee/2.PNG", "bee/more/deep/1.jpg"];
    assertEquals(dataset.files, files.map((file) => join(folder, file)));
    assertEquals(dataset.ignoredFiles, 1);
    assertEquals([0, 1, 2, 3].map((index) => dataset.target(index)), [0, 1, 1, 1]);
    const example = await dataset.get(3);
    assertEquals(example, {
      image: waves(40, 30),
      target: 1,
      name: join(folder, "bee/more/deep/1.jpg"),
    });
    await assertRejects(
      () => dataset.get(4),
      RangeError,
      "There is no example 4; the data set has 4",
    );
    await assertRejects(() => dataset.get(-1), RangeError, "There is no example -1");
  }));

Deno.test("imageFolder() follows links, and not in circles", () =>
  withFolder({ "a/1.png": true, "store/2.png": true }, async (folder) => {
    await Deno.rename(join(folder, "store"), join(folder, ".store"));
    await Deno.symlink(join(folder, ".store"), join(folder, "b"));
    await Deno.symlink(join(folder, "a"), join(folder, "a/again"));
    const dataset = await imageFolder(folder);
    assertEquals(dataset.files, [join(folder, "a/1.png"), join(folder, "b/2.png")]);
  }));

Deno.test("imageFolder() follows the order of the classes given; one may have no folder", () =>
  withFolder({ "ant/1.png": true, "bee/1.png": true }, async (folder) => {
    const dataset = await imageFolder(folder, { classes: ["wasp", "bee", "ant"] });
    assertEquals(dataset.classes, ["wasp", "bee", "ant"]);
    assertEquals(dataset.files, [join(folder, "bee/1.png"), join(folder, "ant/1.png")]);
    assertEquals([dataset.target(0), dataset.target(1)], [1, 2]);
    const other = () => imageFolder(folder, { classes: ["ants", "bee"] });
    await assertRejects(other, Error, 'the folder "ant", which is not one of the 2 classes');
    await assertRejects(other, Error, 'Did you mean "ants"?');
  }));

const wrong: Record<string, [Record<string, string | true>, string]> = {
  "is empty": [{}, "is empty. Put each class into a folder of its own"],
  "is flat": [{ "1.png": true, "2.png": true }, "holds 2 pictures but no class folders"],
  "has a class without pictures": [{ "a/1.png": true, "b/": "" }, 'Class "b"'],
  "has a class of other files": [
    { "a/1.png": true, "b/1.doc": "", "b/2.doc": "" },
    "its 2 files have none of the endings",
  ],
  "has one class": [{ "a/1.png": true }, 'holds one class only ("a")'],
  "holds splits": [
    { "train/a/1.png": true, "train/b/1.png": true, "val/a/1.png": true },
    "look like parts of a data set",
  ],
};
for (const [what, [files, message]] of Object.entries(wrong)) {
  Deno.test(`imageFolder() says what to do about a folder that ${what}`, () =>
    withFolder(files, async (folder) => {
      await assertRejects(() => imageFolder(folder), Error, message);
    }));
}

Deno.test("imageFolder() refuses a missing folder, a file, and wrong options", () =>
  withFolder({ "a.png": true }, async (folder) => {
    await assertRejects(() => imageFolder(`${folder}/none`), Error, "there is no such folder");
    await assertRejects(() => imageFolder(`${folder}/a.png`), Error, "it is a file");
    const options = { onUnreadable: "ignore" as "skip" };
    await assertRejects(() => imageFolder(folder, options), RangeError, 'one of "error" or "skip"');
    const twice = { classes: ["a", "a"] };
    await assertRejects(() => imageFolder(folder, twice), RangeError, "different class names");
  }));

Deno.test("imageFolder() stops at an unreadable picture, or skips it and lists it once", () =>
  withFolder(
    { "a/1.png": true, "a/broken.jpg": "not a picture", "b/1.png": true },
    async (folder) => {
      const broken = join(folder, "a/broken.jpg");
      const strict = await imageFolder(folder);
      const error = await assertRejects(() => Promise.resolve(strict.get(1)), UnreadableImageError);
      assertEquals(error.picture, broken);
      const lenient = await imageFolder(folder, { onUnreadable: "skip" });
      const prepared = lenient.prepare({ preprocessing });
      assertEquals(await Promise.all([prepared.get(1), prepared.get(1), lenient.get(1)]), [
        undefined,
        undefined,
        undefined,
      ]);
      assertEquals(lenient.skipped.map(({ name, index }) => [name, index]), [[broken, 1]]);
      assertEquals(prepared.skipped, lenient.skipped);
      assert(await prepared.get(2) !== undefined);
    },
  ));

Deno.test("prepare() gives the network's size, the same for the same seed, epoch and index", () =>
  withFolder({ "a/1.png": true, "b/1.png": true }, async (folder) => {
    const dataset = await imageFolder(folder);
    const pixels = async (seed: number, index: number, epoch: number) => {
      const prepared = dataset.prepare({ preprocessing, augment: "gentle", seed });
      const image = (await prepared.get(index, epoch))!.image!;
      assertEquals([image.widthPx, image.heightPx, image.data.length], [16, 16, 768]);
      return image.data;
    };
    const once = await pixels(1, 0, 3);
    assertEquals(await pixels(1, 0, 3), once);
    assertNotEquals(await pixels(2, 0, 3), once);
    assertNotEquals(await pixels(1, 1, 3), once);
    assertNotEquals(await pixels(1, 0, 4), once);
    const plain = dataset.prepare({ preprocessing });
    assertEquals((await plain.get(0, 0))?.image, (await plain.get(0, 5))?.image);
    assertEquals([plain.classes, plain.target?.(1)], [["a", "b"], 1]);
  }));

Deno.test("prepare() hands transforms the size they work on, and checks what they give", () =>
  withFolder({ "a/1.png": true, "b/1.png": true }, async (folder) => {
    const dataset = await imageFolder(folder);
    const seen: number[][] = [];
    const crop = randomResizedCrop();
    const spy = {
      name: "spy",
      sample: (_: unknown, width: number, height: number) => seen.push([width, height]),
      apply: () => waves(3, 3),
    };
    const first = {
      ...crop,
      sample: (...args: Parameters<typeof crop.sample>) => {
        seen.push(args.slice(1) as number[]);
        return crop.sample(...args);
      },
    };
    const prepared = dataset.prepare({ preprocessing, augment: [first, spy] });
    await assertRejects(async () => await prepared.get(0), TypeError, "must keep the size 16×16");
    assertEquals(seen, [[40, 30], [16, 16]]);
    const options = { preprocessing: { ...preprocessing, widthPx: 0 } };
    assertThrows(() => dataset.prepare(options), RangeError, 'option "preprocessing.widthPx"');
  }));

const bees = shared("data/images/hymenoptera_data/train");
Deno.test({
  name: "imageFolder() reads every picture of a real collection, the .gif among them",
  ignore: bees === undefined,
  async fn() {
    const dataset = await imageFolder(bees!, { onUnreadable: "skip" });
    assertEquals([dataset.classes, dataset.length], [["ants", "bees"], 245]);
    const gif = dataset.files.findIndex((file) => file.endsWith(".gif"));
    const prepared = dataset.prepare({
      preprocessing: imagenetPreprocessing(),
      augment: "imagenet",
    });
    const indices = Array.from({ length: 40 }, (_, i) => i * 6);
    for (const example of await Promise.all([gif, ...indices].map((i) => prepared.get(i)))) {
      assertEquals(example?.image?.data.length, 224 * 224 * 3);
    }
    assertEquals(dataset.skipped, []);
  },
});
