import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { digitCnn } from "../../models/digit_cnn.ts";
import { arrays } from "../../src/data/arrays.ts";
import { subset } from "../../src/data/subset.ts";
import { freeze } from "../../src/onnx/select.ts";
import { withWeights } from "../../src/onnx/model_from_graph.ts";
import type { Dataset } from "../../src/tensor/dataset.ts";
import { rng } from "../../src/tensor/rng.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { fit, type FitOptions } from "../../src/train/fit.ts";

const COUNT = 60;

/** Digits of noise, told apart by `seed`; `read` counts the examples that are asked for. */
function noise(seed: number) {
  const random = rng("noise", seed);
  const numbers = Float32Array.from({ length: COUNT * 784 }, () => random.normal());
  const x = tensor("float32", [COUNT, 1, 28, 28], numbers);
  const targets = tensor("int64", [COUNT], Array.from({ length: COUNT }, (_, i) => i % 10));
  const plain = arrays({ inputs: { x }, targets });
  const counted = { read: 0 };
  const dataset: Dataset = {
    ...plain,
    get: (index, epoch) => {
      counted.read++;
      return plain.get(index, epoch);
    },
  };
  return { dataset, counted };
}

const model = freeze(digitCnn({ classes: 10, seed: 1 }), "backbone");

async function losses(dataset: Dataset, options: FitOptions, of = model): Promise<number[]> {
  const { history } = await fit(of, dataset, {
    epochs: 3,
    batchSize: 8,
    device: "cpu",
    verbose: false,
    ...options,
  });
  return history.epochs.map(({ loss }) => loss);
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const filesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("features past the memory allowed go to a file, with the same losses to the bit", async () => {
  const expected = await losses(noise(0).dataset, {});
  const { dataset, counted } = noise(0);
  assertEquals(await losses(dataset, { cacheBytes: 0 }), expected);
  // Each example is read once for its features, and some for the shapes.
  assert(counted.read < COUNT + 5, `${counted.read} reads`);
});

Deno.test("a folder of features serves later runs, whether they are kept in memory or not", async () => {
  await withFolder(async (folder) => {
    const expected = await losses(noise(0).dataset, {});
    assertEquals(await losses(noise(0).dataset, { cacheFolder: folder }), expected);
    assertEquals(filesIn(folder).length, 1);
    for (const cacheBytes of [0, 2 ** 30]) {
      const { dataset, counted } = noise(0);
      assertEquals(await losses(dataset, { cacheFolder: folder, cacheBytes }), expected);
      assert(counted.read < 5, `${counted.read} reads`);
    }
    assertEquals(filesIn(folder).length, 1);
  });
});

Deno.test("other examples and other frozen weights have features of their own", async () => {
  await withFolder(async (folder) => {
    await losses(noise(0).dataset, { cacheFolder: folder });
    const other = await losses(noise(1).dataset, { cacheFolder: folder });
    assertEquals(other, await losses(noise(1).dataset, {}));
    const [name, { value }] = [...model.parameters].find(([, one]) => !one.trainable)!;
    const changed = (value.data as Float32Array).map((one) => -one);
    const moved = freeze(
      withWeights(model, new Map([[name, tensor("float32", value.dims, changed)]])),
      "backbone",
    );
    assertEquals(
      await losses(noise(0).dataset, { cacheFolder: folder }, moved),
      await losses(noise(0).dataset, {}, moved),
    );
    assertEquals(filesIn(folder).length, 3);
  });
});

Deno.test("half-written and damaged files of features are not read", async () => {
  await withFolder(async (folder) => {
    const expected = await losses(noise(0).dataset, { cacheFolder: folder });
    const file = join(folder, filesIn(folder)[0]!);
    const bytes = await Deno.readFile(file);
    const damaged = [
      bytes.subarray(0, bytes.length / 2),
      bytes.subarray(0, 3),
      bytes.subarray(8),
      new Uint8Array(0),
    ];
    for (const part of damaged) {
      await Deno.writeFile(file, part);
      assertEquals(await losses(noise(0).dataset, { cacheFolder: folder }), expected);
      assertEquals((await Deno.readFile(file)).length, bytes.length);
    }
  });
});

Deno.test("a run that fails leaves no file, and a folder that cannot be written is named", async () => {
  await withFolder(async (folder) => {
    const { dataset } = noise(0);
    const failing: Dataset = {
      ...dataset,
      get: (index, epoch) => {
        if (index === COUNT - 1) throw new Error("no such example");
        return dataset.get(index, epoch);
      },
    };
    await assertRejects(() => losses(failing, { cacheFolder: folder }), Error, "no such example");
    assertEquals(filesIn(folder), []);
    const taken = join(folder, "file");
    await Deno.writeTextFile(taken, "");
    const error = await assertRejects(() => losses(dataset, { cacheFolder: taken }), Error);
    assertStringIncludes(error.message, taken);
    assertStringIncludes(error.message, "cacheFolder");
  });
});

Deno.test("copies of augmented pictures are computed once and taken in turn", async () => {
  const random = rng("pictures");
  const pixels = Uint8Array.from({ length: COUNT * 28 * 28 }, () => random.bits() & 255);
  const images = tensor("uint8", [COUNT, 28, 28], pixels);
  const targets = tensor("int64", [COUNT], Array.from({ length: COUNT }, (_, i) => i % 10));
  const dataset = arrays({ images, targets });
  const options = { augment: "imagenet", epochs: 4, shuffle: false } as const;
  const twice = await losses(dataset, { ...options, cacheCopies: 2 });
  const fresh = await losses(dataset, { ...options, epochs: 2 });
  assertEquals(twice.slice(0, 2), fresh);
  assert(twice[2] !== fresh[0], "the head has learned meanwhile");
  await withFolder(async (folder) => {
    assertEquals(
      await losses(dataset, { ...options, cacheCopies: 2, cacheFolder: folder }),
      twice,
    );
    assertEquals(filesIn(folder).length, 2);
  });
});

Deno.test("of examples that change from epoch to epoch nothing is kept", async () => {
  const { dataset } = noise(0);
  const draws = new Set<number>();
  const changing: Dataset = {
    ...dataset,
    changing: true,
    get: (index, epoch = 0) => {
      draws.add(epoch);
      return dataset.get(index, epoch);
    },
  };
  await losses(subset(changing, Array.from({ length: 40 }, (_, index) => index)), {});
  assertEquals([...draws].sort(), [0, 1, 2]);
});
