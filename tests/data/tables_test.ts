import { assertEquals, assertRejects } from "@std/assert";
import { classCounts } from "../../src/data/class_counts.ts";
import { csvDataset, type CsvDatasetOptions } from "../../src/data/tables/csv_dataset.ts";
import { readTexts } from "../../src/data/tables/read_texts.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

const GIF = "R0lGODdhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=";

async function withFile<T>(name: string, text: string, use: (path: string) => Promise<T>) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    await Deno.writeFile(
      `${folder}/red.gif`,
      Uint8Array.from(atob(GIF), (letter) => letter.charCodeAt(0)),
    );
    return await use(`${folder}/${name}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const read = (text: string, options: CsvDatasetOptions, name = "data.csv") =>
  withFile(name, text, (path) => csvDataset(path, options));

Deno.test("csvDataset() reads pictures with classes and weights, paths from the file's folder", async () => {
  const text = '\ufefffile,"kind",weight\nred.gif,bee,2\r\n"red.gif", ant ,0.5\n';
  await withFile("data.csv", text, async (path) => {
    const options = { path: "file", label: "kind", weight: "weight" };
    const data = await csvDataset(path, options);
    assertEquals(data.classes, ["ant", "bee"]);
    assertEquals([data.target?.(0), data.target?.(1)], [1, 0]);
    const example = await data.get(1);
    assertEquals(example?.image?.data, Uint8Array.of(255, 0, 0));
    assertEquals([example?.weight, example?.name], [0.5, "red.gif"]);
    const given = await csvDataset(path, { ...options, classes: ["cow", "bee", "ant"] });
    assertEquals(await classCounts(given), [0, 1, 1]);
  });
});

Deno.test("csvDataset() reads several labels a picture, also none", async () => {
  const text = "file\ttags\nred.gif\tred; small\nred.gif\t\nred.gif\tred\n";
  const data = await read(text, { path: "file", labels: "tags" }, "data.tsv");
  assertEquals(data.classes, ["red", "small"]);
  assertEquals(data.target?.(0), undefined);
});

Deno.test("csvDataset() reads numbers as inputs by name, and numbers to predict", async () => {
  const text = "a,b,c,price\n1,2,3,10\n4,5,6,20.5\n";
  const numbers = { left: ["c", "a"], right: ["b"] };
  const data = await read(text, { numbers, targets: ["price"] });
  const example = (await data.get(1))!;
  assertEquals(example.inputs!.left!.data, Float32Array.of(6, 4));
  assertEquals(example.inputs!.right!.data, Float32Array.of(5));
  assertEquals((example.target as Tensor).data, Float32Array.of(20.5));
  const tagged = await read("a,t\n1,x;y\n2,y\n", { numbers: ["a"], labels: "t" });
  assertEquals(((await tagged.get(1))!.target as Tensor).data, Float32Array.of(0, 1));
});

const WRONG: [string, string, CsvDatasetOptions, string][] = [
  ["a misspelt column", "kind,x\na,1\n", { numbers: ["x"], label: "knd" }, 'did you mean "kind"?'],
  [
    "a text among numbers",
    "x\n1\n\n2\nabc\n",
    { numbers: ["x"] },
    'line 5: column "x" must be a number',
  ],
  [
    "an empty number",
    "x,y\n,1\n",
    { numbers: ["x"] },
    'line 2: column "x" must be a number, found ""',
  ],
  [
    "an empty path",
    "file,x\nred.gif,1\n,2\n",
    { path: "file" },
    'line 3: column "file" must be a path',
  ],
  [
    "an empty label",
    "x,k\n1,a\n2,\n",
    { numbers: ["x"], label: "k" },
    'line 3: column "k" is empty',
  ],
  [
    "an unknown label",
    "x,k\n1,ant\n2,bea\n",
    { numbers: ["x"], label: "k", classes: ["ant", "bee"] },
    'line 3: column "k" holds "bea", which is no class; did you mean "bee"?',
  ],
  ["a record too long", "x,y\n1,2\n1,2,3\n", { numbers: ["x"] }, "line 3 is no table"],
  ["a quote that is not closed", 'x,y\n1,"2\n', { numbers: ["x"] }, "line 2 is no table"],
  ["a header alone", "x,y\n", { numbers: ["x"] }, "one record or more"],
  ["a column twice", "x,x\n1,2\n", { numbers: ["x"] }, 'two columns named "x"'],
  ["pictures and numbers", "x\n1\n", { path: "x", numbers: ["x"] }, "found both"],
  ["neither", "x\n1\n", { label: "x" }, "found neither"],
  ["two kinds of targets", "x\n1\n", { path: "x", label: "x", targets: ["x"] }, "give one of"],
  ["a negative weight", "x,w\n1,1\n2,-1\n", { numbers: ["x"], weight: "w" }, "weight of example 1"],
];
for (const [what, text, options, message] of WRONG) {
  Deno.test(`csvDataset() refuses ${what}, and says where`, async () => {
    await assertRejects(() => read(text, options), Error, message);
  });
}

Deno.test("csvDataset() says which file is missing", async () => {
  await assertRejects(
    () => csvDataset("nowhere.csv", { path: "x" }),
    Error,
    '"nowhere.csv": there',
  );
});

Deno.test("readTexts() reads tables and JSON lines", async () => {
  const expected = [{ text: 'He said "no".', label: "1" }, { text: "Line\nbreak", label: "0" }];
  const csv = 'label,text\n1,"He said ""no""."\n0,"Line\nbreak"\n';
  assertEquals(await withFile("a.csv", csv, (path) => readTexts(path)), expected);
  const lines = expected.map((one) => JSON.stringify({ ...one, label: Number(one.label) }));
  const jsonl = `${lines.join("\r\n")}\n\n`;
  assertEquals(await withFile("a.jsonl", jsonl, (path) => readTexts(path)), expected);
  const tsv = 'sentence\nan "odd quote\n';
  const plain = await withFile(
    "a.tsv",
    tsv,
    (path) => readTexts(path, { text: "sentence", label: null }),
  );
  assertEquals(plain, [{ text: 'an "odd quote' }]);
});

Deno.test("readTexts() says which line is wrong", async () => {
  const refused = (name: string, text: string, message: string) =>
    assertRejects(() => withFile(name, text, (path) => readTexts(path)), Error, message);
  await refused(
    "a.jsonl",
    '{"text": "a", "label": 1}\n{"text": 3}\n',
    'line 2: "text" must be a string',
  );
  await refused("a.jsonl", '{"text": "a"}\n', 'line 1: "label" must be');
  await refused("a.jsonl", "{\n", "line 1 is no JSON");
  await refused("a.csv", "txt,label\na,b\n", 'no column "text"; did you mean "txt"?');
});
