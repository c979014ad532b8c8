import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { arrays, type ArraysOptions } from "../../src/data/arrays.ts";
import { imagenetPreprocessing } from "../../src/data/preprocessing.ts";
import { type PictureEntry, pictures } from "../../src/data/pictures.ts";
import { split } from "../../src/data/split.ts";
import { subset } from "../../src/data/subset.ts";
import { int64s, tensor } from "../../src/tensor/tensor.ts";
import { waves } from "./drawing.ts";

const x = tensor("float32", [3, 2], [1, 2, 3, 4, 5, 6]);
const small = imagenetPreprocessing({ widthPx: 4, heightPx: 4, resizePx: 4 });

Deno.test("arrays() gives views of its tensors, class indices, weights", async () => {
  const dataset = arrays({
    inputs: { x },
    targets: int64s([0, 1, 1]),
    weights: tensor("float32", [3], [1, 2, 0.5]),
    classes: ["a", "b"],
  });
  assertEquals([dataset.length, dataset.classes, dataset.target?.(2)], [3, ["a", "b"], 1]);
  const example = (await dataset.get(1))!;
  assertEquals(example, { inputs: { x: tensor("float32", [2], [3, 4]) }, target: 1, weight: 2 });
  assertStrictEquals(example.inputs!.x!.data.buffer, x.data.buffer);
  assertThrows(() => dataset.get(3), RangeError, "There is no example 3");
});

Deno.test("arrays() gives rows of targets that are not class indices", async () => {
  const rows = arrays({ inputs: { x }, targets: tensor("float32", [3, 1], [7, 8, 9]) });
  assertEquals((await rows.get(2))!.target, tensor("float32", [1], [9]));
  const scalars = arrays({ inputs: { x }, targets: tensor("float32", [3], [7, 8, 9]) });
  assertEquals((await scalars.get(0))!.target, tensor("float32", [], [7]));
  assertEquals(scalars.target, undefined);
  assertEquals((await arrays({ inputs: { x } }).get(0))!.target, undefined);
});

Deno.test("arrays() makes pictures of uint8, colour and grey, that can be prepared", async () => {
  const colour = waves(4, 4);
  const images = tensor("uint8", [2, 4, 4, 3], Uint8Array.of(...colour.data, ...colour.data));
  const dataset = arrays({
    images,
    targets: int64s([1, 0]),
    inputs: { extra: tensor("float32", [2], [5, 6]) },
  });
  assertEquals((await dataset.get(1))!.image, colour);
  const prepared = dataset.prepare!({ preprocessing: small });
  const example = (await prepared.get(0))!;
  assertStrictEquals(example.image!.data.buffer, images.data.buffer);
  assertEquals([example.target, example.inputs?.extra?.data[0]], [1, 5]);
  const larger = imagenetPreprocessing({ widthPx: 8, heightPx: 8 });
  const augmented = dataset.prepare!({ preprocessing: larger, augment: "imagenet" });
  assertEquals((await augmented.get(0, 1))!.image!.data.length, 192);
  const grey = arrays({ images: tensor("uint8", [1, 1, 2], [10, 20]) });
  assertEquals([...(await grey.get(0))!.image!.data], [10, 10, 10, 20, 20, 20]);
});

const wrong: [string, ArraysOptions, typeof TypeError | typeof RangeError, string][] = [
  ["nothing", {}, TypeError, 'give "inputs" or "images"'],
  [
    "lengths that differ",
    { inputs: { x }, targets: int64s([0, 1]) },
    TypeError,
    '"inputs.x" has 3, "targets" has 2',
  ],
  [
    "a class out of range",
    { inputs: { x }, targets: int64s([0, 2, 1]), classes: ["a", "b"] },
    RangeError,
    "the target of example 1 must be a class index from 0 to 1 (2 classes), found 2",
  ],
  ["a negative class", { inputs: { x }, targets: int64s([0, -1, 1]) }, RangeError, "found -1"],
  [
    "too few elements",
    { inputs: { x: { ...x, dims: [3, 3] } } },
    TypeError,
    "of shape [3,3] needs 9 elements, found 6",
  ],
  [
    "an array of another type",
    { inputs: { x: { ...x, type: "int64" } } },
    TypeError,
    "needs a BigInt64Array, found Float32Array",
  ],
  ["a scalar", { inputs: { x: tensor("float32", [], [1]) } }, TypeError, "found a scalar"],
  ["pictures of floats", { images: x }, TypeError, '"images" must be uint8 of shape'],
  ["weights of integers", { inputs: { x }, weights: int64s([1, 1, 1]) }, TypeError, '"weights"'],
  [
    "plain arrays",
    { inputs: { x: [1, 2] as never } },
    TypeError,
    'option "inputs.x" must be a tensor',
  ],
  ["a misspelt option", { input: { x } } as never, TypeError, 'did you mean "inputs"?'],
];
for (const [what, options, kind, message] of wrong) {
  Deno.test(`arrays() refuses ${what}`, () => {
    assertThrows(() => arrays(options), kind, message);
  });
}

Deno.test("pictures() takes pixels with targets and names them by place", async () => {
  const image = waves(4, 4);
  const dataset = pictures([{ image, target: 1, weight: 3 }, { image, name: "two" }]);
  assertEquals(await dataset.get(0), { image, name: "picture 0", target: 1, weight: 3 });
  assertEquals(await dataset.get(1), { image, name: "two" });
  assertEquals([dataset.target(0), dataset.target(1)], [1, undefined]);
});

Deno.test("pictures() refuses what is no picture, pixels of another size, targets out of range", async () => {
  const make = (entry: unknown, classes?: string[]) => () =>
    pictures([entry as PictureEntry], classes === undefined ? {} : { classes });
  assertThrows(make({ image: 3 }), TypeError, "entry 0 must have an image");
  assertThrows(make({ image: { ...waves(4, 4), widthPx: 5 } }), TypeError, "4·5·3 bytes of RGB");
  assertThrows(make({ image: "a.png", target: 2 }, ["a", "b"]), RangeError, "from 0 to 1");
  const missing = pictures([{ image: "/no/such.png" }]);
  await assertRejects(() => Promise.resolve(missing.get(0)), Error, '"/no/such.png"');
});

const many = arrays({
  inputs: { x: tensor("float32", [100, 1]) },
  targets: int64s(Array.from({ length: 100 }, (_, i) => i < 70 ? 0 : i < 97 ? 1 : i < 99 ? 2 : 3)),
});
const targets = (part: typeof many) =>
  Array.from({ length: part.length }, (_, i) => part.target!(i));
const countsOf = (part: typeof many) => {
  const all = targets(part);
  return [0, 1, 2, 3].map((wanted) => all.filter((target) => target === wanted).length);
};

Deno.test("split() keeps the proportions of classes, and one of each on both sides", () => {
  const { train, validation } = split(many, 0.2, { seed: 4 });
  assertEquals(countsOf(validation), [14, 5, 1, 0]);
  assertEquals(countsOf(train), [56, 22, 1, 1]);
});

Deno.test("split() is the same for the same seed and another for another", () => {
  const names = (seed: number, stratify: boolean) => {
    const named = { ...many, get: (i: number) => ({ name: String(i) }) };
    const part = split(named, 0.3, { seed, stratify }).validation;
    return Array.from({ length: part.length }, (_, i) => (part.get(i) as { name: string }).name);
  };
  for (const stratify of [true, false]) {
    assertEquals(names(1, stratify), names(1, stratify));
    assert(String(names(1, stratify)) !== String(names(2, stratify)));
    assertEquals(names(1, stratify), names(1, stratify).sort((a, b) => Number(a) - Number(b)));
  }
  assertEquals(names(1, false).length, 30);
});

Deno.test("split() refuses fractions that leave a side empty", () => {
  assertThrows(() => split(many, 0), RangeError, "more than 0 and less than 1, found 0");
  assertThrows(() => split(many, 20), RangeError, "found 20");
  assertThrows(() => split(subset(many, [1]), 0.5), RangeError, "1 examples cannot be split");
  const plain = { length: 4, get: () => ({}) };
  assertThrows(() => split(plain, 0.5, { stratify: true }), TypeError, "stratify needs");
  assertEquals(split(plain, 0.5).train.length, 2);
});

Deno.test("subset() keeps targets, classes, preparation and what was skipped", async () => {
  const image = waves(4, 4);
  const entries = [{ image, target: 0 }, { image: "/no/such.png", target: 1 }, {
    image,
    target: 1,
  }];
  const whole = pictures(entries, { classes: ["a", "b"], onUnreadable: "skip" });
  const part = subset(whole, [2, 1]);
  assertEquals([part.length, part.classes, part.target?.(0)], [2, ["a", "b"], 1]);
  const prepared = part.prepare!({ preprocessing: small });
  assertEquals((await prepared.get(0))!.image, image);
  assertEquals(await prepared.get(1), undefined);
  assertEquals(prepared.skipped?.map(({ index }) => index), [1]);
  assertEquals(part.skipped?.length, 1);
  assertEquals(subset(whole, [0]).skipped, []);
  assertThrows(() => subset(whole, [3]), RangeError, "There is no example 3");
  assertThrows(() => part.get(2), RangeError, "There is no example 2");
});

Deno.test("a subset draws the random changes of the whole", async () => {
  const entries = [1, 2, 3].map(() => ({ image: waves(20, 20) }));
  const whole = pictures(entries);
  const options = { preprocessing: small, augment: "imagenet", seed: 9 } as const;
  const [a, b] = await Promise.all([
    whole.prepare(options).get(2, 1),
    subset(whole, [2]).prepare!(options).get(0, 1),
  ]);
  assertEquals(a!.image, b!.image);
});

Deno.test("imagenetPreprocessing() has ImageNet's values and takes others", () => {
  assertEquals(imagenetPreprocessing().resizePx, 256);
  const own = imagenetPreprocessing({ heightPx: 299, widthPx: 299, channels: "bgr", range: 255 });
  assertEquals([own.resizePx, own.channels, own.range], [342, "bgr", 255]);
  assertThrows(() => imagenetPreprocessing({ range: 2 as 1 }), RangeError, 'option "range"');
});
