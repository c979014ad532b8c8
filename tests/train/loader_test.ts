import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { IMAGES } from "../../src/artifacts/image_input.ts";
import { arrays } from "../../src/data/arrays.ts";
import type { Dataset, Example } from "../../src/tensor/dataset.ts";
import { type Tensor, tensor, toNumbers } from "../../src/tensor/tensor.ts";
import { BatchMemory } from "../../src/train/batch_memory.ts";
import { fit } from "../../src/train/fit.ts";
import { batches, type BatchOptions, type HostBatch } from "../../src/train/loader.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { firstBatch, padded } from "../../src/train/sample_batch.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { multiplied } from "./small_models.ts";

/** Example `i` is the vector [i, -i] with the class i mod 3. */
function counting(length: number, change: (index: number) => Partial<Example> = () => ({})) {
  const get = (index: number): Example => ({
    inputs: { x: tensor("float32", [2], [index, -index]) },
    target: index % 3,
    ...change(index),
  });
  return { length, get } satisfies Dataset;
}

async function all(dataset: Dataset, options: Partial<BatchOptions> = {}): Promise<HostBatch[]> {
  const found: HostBatch[] = [];
  const order = Array.from({ length: dataset.length }, (_, index) => index);
  for await (const batch of batches(dataset, { batchSize: 2, order, ...options })) {
    found.push(batch);
  }
  return found;
}

Deno.test("batches() gives the examples in the order asked for, the last batch filled up", async () => {
  const found = await all(counting(9), { order: [4, 8, 0, 5, 7], batchSize: 3 });
  assertEquals(found.map(({ indices }) => indices), [[4, 8, 0], [5, 7]]);
  assertEquals(found.map(({ count }) => count), [3, 2]);
  const [first, last] = found as [HostBatch, HostBatch];
  assertEquals(first.inputs.x, tensor("float32", [3, 2], [4, -4, 8, -8, 0, -0]));
  assertEquals(first.targets, tensor("int64", [3], [1, 2, 0]));
  assertEquals(last.weights, tensor("float32", [3], [1, 1, 0]));
  assertEquals(last.inputs.x!.dims, [3, 2]);
  assertEquals([...last.inputs.x!.data].slice(4), [5, -5], "filled up with the first row");
});

Deno.test("batches() puts inputs together in the memory it is given, where they fit", async () => {
  const seen: { readonly inputs: Tensor; readonly numbers: number[]; readonly targets: unknown }[] =
    [];
  const order = [0, 1, 2, 3, 4];
  const options = { batchSize: 2, order, pad: false, memory: new BatchMemory() };
  for (let epoch = 0; epoch < 2; epoch++) {
    for await (const { inputs: { x }, targets } of batches(counting(5), options)) {
      seen.push({ inputs: x!, numbers: [...toNumbers(x!)], targets: targets!.data });
    }
  }
  const epoch = [[0, -0, 1, -1], [2, -2, 3, -3], [4, -4]];
  assertEquals(seen.map(({ numbers }) => numbers), [...epoch, ...epoch]);
  assert(seen[0]!.inputs.data === seen[1]!.inputs.data, "two batches of one size");
  assert(seen[2]!.inputs.data !== seen[1]!.inputs.data, "a shorter one");
  assertEquals(new Set(seen.map(({ targets }) => targets)).size, 6, "targets may be kept");
});

Deno.test("batches() leaves the last batch short where it is not to be filled", async () => {
  const found = await all(counting(5), { pad: false });
  assertEquals(found.map(({ inputs }) => inputs.x!.dims), [[2, 2], [2, 2], [1, 2]]);
  assertEquals(found[2]!.weights, tensor("float32", [1], [1]));
});

Deno.test("batches() leaves out what a data set leaves out", async () => {
  const some = counting(6);
  const get = (index: number) => index === 1 || index > 3 ? undefined : some.get(index);
  const found = await all({ length: 6, get });
  assertEquals(found.map(({ indices }) => indices), [[0, 2], [3]]);
});

Deno.test("batches() carries weights, tensors as targets, pictures, and no targets", async () => {
  const data = new Uint8Array(12).map((_, i) => i);
  const image = { widthPx: 2, heightPx: 2, data };
  const [weighted] = await all(counting(2, (i) => ({ weight: i + 0.5 })));
  assertEquals(weighted!.weights, tensor("float32", [2], [0.5, 1.5]));
  const doubles = (i: number) => ({ target: tensor("float64", [2], [i, 0.5]) });
  const [numbers] = await all(counting(2, doubles));
  assertEquals(numbers!.targets, tensor("float32", [2, 2], [0, 0.5, 1, 0.5]));
  const [pictures] = await all({ length: 2, get: () => ({ image }) });
  assertEquals(pictures!.inputs[IMAGES]!.dims, [2, 2, 2, 3]);
  assertEquals(pictures!.inputs[IMAGES]!.data, Uint8Array.from([...data, ...data]));
  assertEquals(pictures!.targets, undefined);
});

Deno.test("batches() tells the data set which draw of random changes is wanted", async () => {
  const epochs: unknown[] = [];
  const some = counting(2);
  await all({ length: 2, get: (i, epoch) => (epochs.push(epoch), some.get(i)) }, { epoch: 7 });
  assertEquals(epochs, [7, 7]);
});

Deno.test("batches() asks ahead, but not for everything", async () => {
  let asked = 0;
  const some = counting(1000);
  const get = (index: number) => (asked++, Promise.resolve(some.get(index)));
  const order = Uint32Array.from({ length: 1000 }, (_, index) => index);
  const running = batches({ length: 1000, get }, { batchSize: 8, order });
  await running.next();
  assert(asked > 8 && asked <= 32, `${asked} examples were asked for`);
  await running.return();
});

Deno.test("an example that cannot be read ends batches() where it is needed, and no sooner", async () => {
  const some = counting(6);
  const get = async (index: number) => {
    await Promise.resolve();
    if (index >= 4) throw new Error(`no example ${index}`);
    return some.get(index);
  };
  const running = batches({ length: 6, get }, { batchSize: 2, order: [0, 1, 2, 3, 4, 5] });
  assertEquals((await running.next()).value?.indices, [0, 1]);
  await new Promise((done) => setTimeout(done));
  assertEquals((await running.next()).value?.indices, [2, 3]);
  await assertRejects(() => running.next(), Error, "no example 4");
});

Deno.test("examples that do not fit together are an error that names both", async () => {
  const wide = (i: number) => ({
    name: `${i}.png`,
    inputs: { x: tensor("float32", [2 + i], new Float32Array(2 + i)) },
  });
  const error = await assertRejects(() => all(counting(2, wide)), TypeError, '"1.png"');
  assertEquals(error.message.includes('input "x"'), true, error.message);
  assertEquals(error.message.includes("float32[3]"), true, error.message);
  const bare = (i: number) => i === 0 ? {} : { inputs: {} };
  await assertRejects(() => all(counting(2, bare)), TypeError, "not there");
  const mixed = (i: number) => i === 0 ? { target: tensor("float32", [1], [1]) } : {};
  await assertRejects(() => all(counting(2, mixed)), TypeError, "target of example 1");
});

Deno.test("a target that is no class index is an error that names it and its example", async () => {
  const wrong = [[3, "from 0 to 2, found 3"], [-1, "found -1"], [0.5, "found 0.5"], [
    undefined,
    "found undefined",
  ]] as const;
  for (const [target, text] of wrong) {
    const one = counting(2, (i) => i === 1 ? { target } as Partial<Example> : {});
    const error = await assertRejects(() => all(one, { classCount: 3 }), RangeError, text);
    assertEquals(error.message.includes("example 1"), true, error.message);
  }
  await assertRejects(() => all(counting(1, () => ({ target: 0.5 }))), RangeError, "from 0 on");
});

Deno.test("padded() adds rows that do not count", async () => {
  const options = { batchSize: 2, order: [0, 1], classCount: 3 };
  const { value: short } = await batches(counting(2), options).next();
  const grown = padded(short!, 4);
  assertEquals(grown.inputs.x, tensor("float32", [4, 2], [0, -0, 1, -1, 0, -0, 0, -0]));
  assertEquals(grown.targets, tensor("int64", [4], [0, 1, 0, 0]));
  assertEquals(grown.weights, tensor("float32", [4], [1, 1, 0, 0]));
  assertEquals(grown.count, 2);
});

Deno.test("firstBatch() has the first example in every row, once with weight", async () => {
  const batch = await firstBatch(counting(3), 3, 3);
  assertEquals(batch.inputs.x, tensor("float32", [3, 2], [0, -0, 0, -0, 0, -0]));
  assertEquals(batch.weights, tensor("float32", [3], [1, 0, 0]));
});

Deno.test("steps with weights and a smaller last batch are exact", async () => {
  const [rows, ins, outs, rate] = [5, 3, 2, 0.1];
  const x = hashed("x", rows * ins);
  const t = hashed("t", rows * outs);
  const weights = [1, 0.5, 2, 0, 3];
  const w = new Float64Array(hashed("w", ins * outs));
  let total = 0;
  // y = x·W; d/dW of Σ w_i·mean_k (y − t)² / Σ w_i over batches of 2, 2 and 1
  for (const batch of [[0, 1], [2, 3], [4]]) {
    const gradient = new Float64Array(ins * outs);
    const sum = batch.reduce((all, i) => all + weights[i]!, 0);
    for (const i of batch) {
      for (let k = 0; k < outs; k++) {
        let error = -t[i * outs + k]!;
        for (let j = 0; j < ins; j++) error += x[i * ins + j]! * w[j * outs + k]!;
        total += weights[i]! * error ** 2 / outs;
        for (let j = 0; j < ins; j++) {
          gradient[j * outs + k]! += weights[i]! / sum * 2 * error * x[i * ins + j]! / outs;
        }
      }
    }
    gradient.forEach((one, at) => w[at]! -= rate * one);
  }
  const data = arrays({
    inputs: { x: tensor("float32", [rows, ins], x) },
    targets: tensor("float32", [rows, outs], t),
    weights: tensor("float32", [rows], weights),
  });
  const { model, history } = await fit(multiplied(hashed("w", ins * outs)), data, {
    epochs: 1,
    batchSize: 2,
    shuffle: false,
    loss: "mse",
    optimizer: sgd({ learningRate: rate }),
    verbose: false,
  });
  const found = model.parameters.get("w.weight")!.value.data;
  w.forEach((number, i) => assertAlmostEquals(Number(found[i]), number, 1e-6));
  assertAlmostEquals(history.epochs[0]!.loss, total / 6.5, 1e-6);
});
