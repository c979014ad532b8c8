import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { balanced } from "../../src/data/balanced.ts";
import { classCounts } from "../../src/data/class_counts.ts";
import { imageFolder } from "../../src/data/image_folder.ts";
import { kFold } from "../../src/data/k_fold.ts";
import { perClass } from "../../src/data/per_class.ts";
import { split } from "../../src/data/split.ts";
import type { Dataset } from "../../src/tensor/dataset.ts";
import { tensor } from "../../src/tensor/tensor.ts";

/** `counts` examples of each class, one class after the other, named by their index. */
function examples(...counts: number[]): Dataset & { target(index: number): number } {
  const targets = counts.flatMap((count, label) => new Array<number>(count).fill(label));
  const target = (index: number) => targets[index]!;
  const get = (index: number, epoch = 0) => ({
    target: target(index),
    name: `${index}`,
    weight: epoch,
  });
  return { length: targets.length, get, target };
}

async function namesOf(dataset: Dataset): Promise<number[]> {
  const all = Array.from({ length: dataset.length }, (_, index) => dataset.get(index));
  return (await Promise.all(all)).map((example) => Number(example!.name));
}

Deno.test("classCounts() counts by class, also without target(), and each of several labels", async () => {
  assertEquals(await classCounts(examples(3, 0, 2)), [3, 0, 2]);
  const { length, get } = examples(2, 1);
  assertEquals(await classCounts({ length, get, classes: ["a", "b", "c"] }), [2, 1, 0]);
  const many: Dataset = {
    length: 2,
    classes: ["a", "b", "c"],
    get: (index) => ({ target: tensor("float32", [3], Float32Array.of(1, index, 0)) }),
  };
  assertEquals(await classCounts(many), [2, 1, 0]);
});

Deno.test("balanced() repeats small classes as evenly as may be, or cuts large ones down", async () => {
  const data = examples(7, 3);
  const over = balanced(data, { seed: 2 });
  assertEquals(await classCounts(over), [7, 7]);
  const times = new Map<number, number>();
  for (const name of await namesOf(over)) times.set(name, (times.get(name) ?? 0) + 1);
  assertEquals([...times.values()].sort(), [1, 1, 1, 1, 1, 1, 1, 2, 2, 3]);
  assertEquals(await classCounts(balanced(data, { sampling: "under" })), [3, 3]);
  const draws = await Promise.all(
    Array.from({ length: 14 }, async (_, index) => {
      const example = await over.get(index, 1);
      return `${example!.name} ${example!.weight}`;
    }),
  );
  assertEquals(new Set(draws).size, 14);
});

Deno.test("perClass() takes as many of each class, the same for a seed", async () => {
  const data = examples(10, 20, 5);
  const few = perClass(data, 4, 1);
  assertEquals(await classCounts(few), [4, 4, 4]);
  assertEquals(await namesOf(few), await namesOf(perClass(data, 4, 1)));
  assert((await namesOf(few)).join() !== (await namesOf(perClass(data, 4, 2))).join());
  assertThrows(() => perClass(data, 6), RangeError, "class 2 has 5 examples, fewer than the 6");
});

Deno.test("kFold() measures each example once, with the proportions of the classes", async () => {
  const data = examples(50, 23, 7);
  const folds = kFold(data, { folds: 4, seed: 3 });
  const measured: number[] = [];
  for (const { train, validation } of folds) {
    const [inside, outside] = [await namesOf(train), await namesOf(validation)];
    assertEquals([...inside, ...outside].sort((a, b) => a - b).length, 80);
    assertEquals(new Set([...inside, ...outside]).size, 80);
    measured.push(...outside);
    const counts = await classCounts(validation);
    assertAlmostEquals(counts[0]!, 12.5, 1);
    assertAlmostEquals(counts[1]!, 5.75, 1);
    assertAlmostEquals(counts[2]!, 1.75, 1);
    assertEquals(validation.length, 20);
  }
  assertEquals(measured.sort((a, b) => a - b), Array.from({ length: 80 }, (_, i) => i));
  assertThrows(() => kFold(examples(1, 2), { folds: 4 }), RangeError, "3 examples");
  assertThrows(() => kFold(data, { folds: 1 }), RangeError, 'option "folds"');
});

Deno.test("kFold() and split() leave groups whole, near to the shares of the classes", async () => {
  const data = examples(120, 60);
  const groupOf = (index: number) => `patient ${Math.floor(index / 5) % 18}`;
  const groupsIn = async (part: Dataset) => new Set((await namesOf(part)).map(groupOf));
  for (const { train, validation } of kFold(data, { folds: 3, groups: groupOf })) {
    const inside = await groupsIn(train);
    for (const group of await groupsIn(validation)) assert(!inside.has(group));
    assertAlmostEquals(validation.length, 60, 11);
    const [first, second] = await classCounts(validation);
    assertAlmostEquals(first! / second!, 2, 0.7);
  }
  const names = Array.from({ length: 180 }, (_, index) => groupOf(index));
  const { train, validation } = split(data, 0.25, { groups: names });
  const inside = await groupsIn(train);
  for (const group of await groupsIn(validation)) assert(!inside.has(group));
  assertAlmostEquals(validation.length, 45, 10);
  assertThrows(() => split(data, 0.5, { groups: ["a"] }), RangeError, "each of the 180 examples");
  assertThrows(() => split(data, 0.5, { groups: () => "a" }), RangeError, "1 groups");
});

Deno.test("imageFolder() reads folders named by several classes as targets of 0 and 1", async () => {
  const root = await Deno.makeTempDir();
  const gif = "R0lGODdhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=";
  const bytes = Uint8Array.from(atob(gif), (letter) => letter.charCodeAt(0));
  try {
    for (const name of ["dog", "cat+dog", "ant + cat"]) {
      await Deno.mkdir(`${root}/${name}`);
      await Deno.writeFile(`${root}/${name}/1.gif`, bytes);
    }
    const data = await imageFolder(root, { labelSeparator: "+" });
    assertEquals(data.classes, ["ant", "cat", "dog"]);
    const targets = [0, 1, 2].map(async (index) => (await data.get(index))?.target);
    assertEquals(
      (await Promise.all(targets)).map((target) => [...(target as { data: Float32Array }).data]),
      [[1, 1, 0], [0, 1, 1], [0, 0, 1]],
    );
    assertEquals(data.target(0), undefined);
    assertEquals(await classCounts(data), [1, 2, 2]);
    const fewer = { labelSeparator: "+", classes: ["cat", "dog"] };
    await assertRejects(() => imageFolder(root, fewer), Error, '"ant" is not one of the classes');
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
