import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { cifar10 } from "../../src/data/files/cifar10.ts";
import { cifar100 } from "../../src/data/files/cifar100.ts";
import { mnist } from "../../src/data/files/mnist.ts";
import { readIdx } from "../../src/data/files/read_idx.ts";
import { imageFolder } from "../../src/data/image_folder.ts";
import { readTexts } from "../../src/data/tables/read_texts.ts";
import { sharedTest } from "../shared.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Writes files by path into a folder of its own, and removes it afterwards. */
async function withFiles<T>(files: Record<string, Bytes>, use: (folder: string) => Promise<T>) {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.mkdir(join(folder, name, ".."), { recursive: true });
      await Deno.writeFile(join(folder, name), bytes);
    }
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function zipped(bytes: Bytes): Promise<Bytes> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** An IDX file of bytes. */
function idx(dims: readonly number[], data: readonly number[], type = 8): Bytes {
  return Uint8Array.from([
    0,
    0,
    type,
    dims.length,
    ...dims.flatMap((dim) => [0, 0, 0, dim]),
    ...data,
  ]);
}

function refusesIdx(bytes: Bytes, message: string): Promise<Error> {
  return withFiles(
    { a: bytes },
    (folder) => assertRejects(() => readIdx(join(folder, "a")), SyntaxError, message),
  );
}

Deno.test("readIdx() reads plain and gzipped files", async () => {
  const file = idx([2, 3], [1, 2, 3, 4, 5, 6]);
  for (const bytes of [file, await zipped(file)]) {
    const found = await withFiles({ a: bytes }, (folder) => readIdx(join(folder, "a")));
    assertEquals(found, { type: "uint8", dims: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  }
});

Deno.test("readIdx() turns big-endian elements round", async () => {
  const shorts = idx([2], [1, 2, 255, 254], 0x0b);
  const { data } = await withFiles({ a: shorts }, (folder) => readIdx(join(folder, "a")));
  assertEquals(data, Int16Array.of(258, -2));
  const float = idx([1], [0x3f, 0xc0, 0, 0], 0x0d);
  const one = await withFiles({ a: float }, (folder) => readIdx(join(folder, "a")));
  assertEquals(one, { type: "float32", dims: [1], data: Float32Array.of(1.5) });
});

Deno.test("readIdx() refuses other files, and those that are cut off, too long or damaged", async () => {
  await refusesIdx(Uint8Array.of(1, 2, 3, 4), "no IDX file: it must begin with 0 0");
  await refusesIdx(new Uint8Array(0), "found an empty file");
  await refusesIdx(Uint8Array.of(0, 0, 8, 3, 0, 0), "cut off in its header, after 6 bytes");
  const file = idx([2, 3], [1, 2, 3, 4, 5, 6]);
  await refusesIdx(file.slice(0, 15), "cut off: uint8 [2, 3] needs 18 bytes, found 15");
  await refusesIdx(Uint8Array.of(...file, 7), "too long: uint8 [2, 3] needs 18 bytes, found 19");
  await refusesIdx((await zipped(file)).slice(0, 20), "gzipped but cut off or damaged");
  await assertRejects(
    () => readIdx("nowhere/a"),
    Error,
    'Cannot read "nowhere/a": there is no such',
  );
});

const TRAIN = {
  "train-images-idx3-ubyte": idx([2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7]),
  "train-labels-idx1-ubyte": idx([2], [3, 9]),
};

Deno.test("mnist() gives grey pictures with their digits", async () => {
  await withFiles(TRAIN, async (folder) => {
    const dataset = await mnist(folder);
    assertEquals(dataset.length, 2);
    assertEquals(dataset.classes?.join(""), "0123456789");
    const example = await dataset.get(1);
    assertEquals(example?.target, 9);
    assertEquals(example?.image?.data, Uint8Array.of(4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7));
    const fashion = await mnist(folder, { set: "fashion" });
    assertEquals(fashion.classes?.[9], "ankle boot");
  });
});

Deno.test("mnist() turns EMNIST's letters upright and counts them from 1", async () => {
  const files = {
    "raw/emnist-letters-test-images-idx3-ubyte.gz": await zipped(idx([1, 2, 2], [1, 2, 3, 4])),
    "raw/emnist-letters-test-labels-idx1-ubyte.gz": await zipped(idx([1], [26])),
  };
  await withFiles(files, async (folder) => {
    const letters = await mnist(folder, { part: "test", set: "letters" });
    const example = await letters.get(0);
    assertEquals(letters.classes?.[example!.target as number], "Z");
    assertEquals(example?.image?.data.filter((_, at) => at % 3 === 0), Uint8Array.of(1, 3, 2, 4));
  });
});

Deno.test("mnist() says what is missing or does not belong together", async () => {
  const refused = (files: Record<string, Bytes>, message: string) =>
    withFiles(files, (folder) => assertRejects(() => mnist(folder), Error, message));
  const { "train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels } = TRAIN;
  await refused({ "train-images-idx3-ubyte": images }, 'holds no file "train-labels-idx1-ubyte"');
  await refused({ ...TRAIN, "train-labels-idx1-ubyte": idx([3], [1, 2, 3]) }, "2 pictures but");
  await refused({ ...TRAIN, "train-labels-idx1-ubyte": idx([2], [1, 10]) }, "label 1 is 10");
  await refused({ ...TRAIN, "train-images-idx3-ubyte": labels }, "must hold bytes with 3 axes");
});

/** A record of CIFAR: labels, then planes that hold 1, 2 and 3. */
function record(...labels: readonly number[]): number[] {
  return [...labels, ...[1, 2, 3].flatMap((value) => new Array<number>(1024).fill(value))];
}

Deno.test("cifar10() reads the batches of a part, with pixels of three bytes", async () => {
  const files = {
    "cifar-10-batches-bin/data_batch_1.bin": Uint8Array.from([...record(3), ...record(9)]),
    "cifar-10-batches-bin/data_batch_2.bin.gz": await zipped(Uint8Array.from(record(0))),
    "cifar-10-batches-bin/test_batch.bin": Uint8Array.from(record(6)),
  };
  await withFiles(files, async (folder) => {
    const train = await cifar10(folder);
    const names = [0, 1, 2].map((index) => train.classes?.[train.target!(index)!]);
    assertEquals(names, ["cat", "truck", "airplane"]);
    const { image } = (await train.get(2))!;
    assertEquals([image!.widthPx, image!.heightPx, image!.data.length], [32, 32, 3072]);
    assertEquals(image!.data.subarray(0, 6), Uint8Array.of(1, 2, 3, 1, 2, 3));
    const test = await cifar10(folder, { part: "test" });
    assertEquals([test.length, test.target!(0)], [1, 6]);
  });
});

Deno.test("cifar100() gives fine and coarse classes", async () => {
  await withFiles({ "test.bin": Uint8Array.from(record(14, 26)) }, async (folder) => {
    const fine = await cifar100(folder, { part: "test" });
    assertEquals(fine.classes?.[fine.target!(0)!], "crab");
    const coarse = await cifar100([join(folder, "test.bin")], { labels: "coarse" });
    assertEquals(coarse.classes?.[coarse.target!(0)!], "people");
  });
});

Deno.test("CIFAR's readers refuse what is cut off, of the other kind, or not there", async () => {
  const refused = (bytes: Bytes, message: string) =>
    withFiles(
      { "data_batch_1.bin": bytes },
      (folder) => assertRejects(() => cifar10(folder), SyntaxError, message),
    );
  await refused(Uint8Array.from(record(3)).slice(0, 3000), "3000 bytes, which is no whole number");
  await refused(Uint8Array.from(record(3, 4)), "CIFAR-100 two");
  await refused(
    Uint8Array.from(record(10)),
    "the label of record 0 is 10, but there are 10 classes",
  );
  await refused(new Uint8Array(0), "has 0 bytes");
  await assertRejects(() => cifar100("nowhere"), Error, '"nowhere" holds none of train.bin');
  await assertRejects(() => cifar10([]), TypeError, "found an empty list");
});

Deno.test("imageFolder() reads faces as PGM, and leaves out people with few pictures", async () => {
  const pgm = (grey: number) =>
    Uint8Array.from([..."P5 2 1 255 "].map((c) => c.charCodeAt(0)).concat(grey, 9));
  const files = {
    "README": pgm(0),
    "s1/1.pgm": pgm(50),
    "s1/2.pgm": pgm(60),
    "s2/1.pgm": pgm(70),
    "s3/1.pgm": pgm(80),
    "s3/2.pgm": pgm(90),
  };
  await withFiles(files, async (folder) => {
    assertEquals((await imageFolder(folder)).classes, ["s1", "s2", "s3"]);
    const faces = await imageFolder(folder, { minPictures: 2 });
    assertEquals([faces.classes, faces.length], [["s1", "s3"], 4]);
    const example = await faces.get(3);
    assertEquals([example?.target, example?.image?.data[0]], [1, 90]);
    await assertRejects(() => imageFolder(folder, { minPictures: 3 }), Error, "the largest has 2");
  });
});

Deno.test("readTexts() reads tables without a line of names, and gzipped ones", async () => {
  const bytes = new TextEncoder().encode('good , "good\t1\nbad\t0\n');
  const expected = [{ text: 'good , "good', label: "1" }, { text: "bad", label: "0" }];
  await withFiles({ "a.tsv": bytes, "a.tsv.gz": await zipped(bytes) }, async (folder) => {
    for (const name of ["a.tsv", "a.tsv.gz"]) {
      assertEquals(await readTexts(join(folder, name), { columns: ["text", "label"] }), expected);
    }
    await assertRejects(
      () => readTexts(join(folder, "a.tsv"), { columns: ["text", "label", "id"] }),
      SyntaxError,
      "has 2 columns, but 3 names: text, label, id",
    );
  });
  const line = new TextEncoder().encode('{"text": "a", "label": 1}\n');
  await withFiles({ "a.jsonl.gz": await zipped(line) }, async (folder) => {
    assertEquals(await readTexts(join(folder, "a.jsonl.gz")), [{ text: "a", label: "1" }]);
  });
});

sharedTest("mnist() reads the published files", ["data/mnist"], async (folder) => {
  const test = await mnist(folder, { part: "test" });
  assertEquals(test.length, 10_000);
  assertEquals([0, 1, 2, 3].map((index) => test.target!(index)), [7, 2, 1, 0]);
});

sharedTest(
  "cifar10() reads the first 4000",
  ["data/cifar10/cifar10-train-first4000.bin.gz"],
  async (file) => {
    const dataset = await cifar10([file]);
    assertEquals([dataset.length, dataset.classes?.[dataset.target!(0)!]], [4000, "frog"]);
  },
);

sharedTest("imageFolder() reads the faces of ORL", ["data/images/orl_faces"], async (folder) => {
  const faces = await imageFolder(folder);
  assertEquals([faces.classes.length, faces.length], [40, 400]);
  const { image } = (await faces.get(0))!;
  assertEquals([image!.widthPx, image!.heightPx], [92, 112]);
});

sharedTest("readTexts() reads SST-2 and Banking77", ["data/text"], async (folder) => {
  const reviews = await readTexts(new URL(`${folder}/sst2/dev.tsv`), {
    columns: ["text", "label"],
  });
  assertEquals([reviews.length, reviews[0]?.label], [872, "0"]);
  const questions = await readTexts(new URL(`${folder}/banking77/test.csv`), { label: "category" });
  assertEquals(questions.length, 3080);
});
