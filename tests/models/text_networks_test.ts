import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { bert } from "../../models/bert.ts";
import { distilbert } from "../../models/distilbert.ts";
import { gpt2 } from "../../models/gpt2.ts";
import type { TextNetworkOptions } from "../../models/text_network.ts";
import { xlnet } from "../../models/xlnet.ts";
import { arrays } from "../../src/data/arrays.ts";
import type { Model } from "../../src/onnx/model.ts";
import { readModel } from "../../src/onnx/read_model.ts";
import { encodeModel } from "../../src/onnx/write_model.ts";
import { rng } from "../../src/tensor/rng.ts";
import { int64s, type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { fit } from "../../src/train/fit.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";

const SIZES = { vocabulary: 20, layers: 1, hidden: 16, heads: 2, dropout: 0, seed: 1 };
const COUNT = 32;

const networks: Readonly<Record<string, (options: TextNetworkOptions) => Model>> = {
  bert,
  distilbert,
  gpt2: (options) => gpt2({ ...options, padding: 0 }),
  xlnet,
};

/** Texts of 3 to `length` tokens from 4 on, padded with 0, on the left where that is said. */
function texts(model: Model, length: number) {
  const left = model.name === "xlnet";
  const random = rng("texts", length);
  const [ids, mask]: number[][][] = [[], []];
  const labels: number[] = [];
  for (let i = 0; i < COUNT; i++) {
    const words = Array.from(
      { length: 3 + random.integer(length - 2) },
      () => 4 + random.integer(16),
    );
    const pads = Array.from({ length: length - words.length }, () => 0);
    const ones = words.map(() => 1);
    ids!.push(left ? [...pads, ...words] : [...words, ...pads]);
    mask!.push(left ? [...pads, ...ones] : [...ones, ...pads]);
    // Whether one of the words 4 to 7 occurs.
    labels.push(words.some((word) => word < 8) ? 1 : 0);
  }
  const tokens = (rows: number[][]) => int64s(rows.flat(), [COUNT, length]);
  const all: Record<string, Tensor> = {
    input_ids: tokens(ids!),
    attention_mask: tokens(mask!),
    token_type_ids: tokens(ids!.map((row) => row.map(() => 0))),
  };
  const inputs = Object.fromEntries(model.inputs.map(({ name }) => [name, all[name]!]));
  return { inputs, targets: int64s(labels) };
}

/** Rows with two more places for nothing, on the left for XLNet. */
function widened(model: Model, { dims, data }: Tensor): Tensor {
  const [rows, length] = dims as [number, number];
  const out = new BigInt64Array(rows * (length + 2));
  for (let row = 0; row < rows; row++) {
    const at = row * (length + 2) + (model.name === "xlnet" ? 2 : 0);
    out.set((data as BigInt64Array).subarray(row * length, (row + 1) * length), at);
  }
  return tensor("int64", [rows, length + 2], out);
}

for (const [name, make] of Object.entries(networks)) {
  Deno.test(`${name} learns which texts have certain words, and its gradients reach every weight`, async () => {
    const model = make(SIZES);
    const { inputs, targets } = texts(model, 8);
    const { gradients } = await valueAndGrad(model, inputs, targets);
    assertEquals([...gradients.keys()], [...model.parameters.keys()]);
    const data = arrays({ inputs, targets });
    const { model: tuned, history } = await fit(model, data, {
      epochs: 16,
      batchSize: 8,
      optimizer: adam({ learningRate: 5e-3 }),
      device: "cpu",
      verbose: false,
    });
    const losses = history.epochs.map(({ loss }) => loss);
    assert(losses.at(-1)! < 0.5 * losses[0]!, losses.join(" "));
    const other = texts(tuned, 5);
    const { loss } = await evaluate(tuned, arrays(other), { device: "cpu", verbose: false });
    assert(Number.isFinite(loss));
  });

  Deno.test(`${name} drops out while training only`, async () => {
    const model = make({ ...SIZES, dropout: 0.4 });
    const { inputs, targets } = texts(model, 6);
    const loss = async (dropout: boolean, seed: number) =>
      (await valueAndGrad(model, inputs, targets, { dropout, seed })).loss;
    const still = (await valueAndGrad(make(SIZES), inputs, targets)).loss;
    assertEquals(await loss(false, 1), still);
    const [first, again, other] = [await loss(true, 1), await loss(true, 1), await loss(true, 2)];
    assertEquals(first, again);
    assert(new Set([first, other, still]).size === 3);
  });

  Deno.test(`${name} does not look at padding`, async () => {
    const model = make(SIZES);
    const { inputs, targets } = texts(model, 8);
    const longer = Object.entries(inputs).map(([key, one]) => [key, widened(model, one)] as const);
    const wanted = await valueAndGrad(model, inputs, targets);
    const found = await valueAndGrad(model, Object.fromEntries(longer), targets);
    const of = ({ outputs }: typeof wanted) => [...Object.values(outputs)[0]!.data].map(Number);
    of(found).forEach((value, i) => assertAlmostEquals(value, of(wanted)[i]!, 1e-6));
  });

  Deno.test(`${name} comes back from a file`, async () => {
    const model = make(SIZES);
    const { inputs, targets } = texts(model, 8);
    const bytes = await new Blob(encodeModel(model) as Uint8Array<ArrayBuffer>[]).bytes();
    const read = await readModel(bytes, { name });
    assertEquals([...read.parameters.keys()], [...model.parameters.keys()]);
    assertEquals(read.inputs, model.inputs);
    const [a, b] = [
      await valueAndGrad(model, inputs, targets),
      await valueAndGrad(read, inputs, targets),
    ];
    assertEquals(a.outputs, b.outputs);
  });
}

Deno.test("fit() takes batches of texts of several lengths, each batch of one", async () => {
  const lengths = [4, 4, 7, 7, 5, 5];
  const row = (length: number, value: number) =>
    int64s(Array.from({ length }, () => value), [length]);
  const data = {
    length: lengths.length,
    get: (index: number) => ({
      inputs: {
        input_ids: row(lengths[index]!, 4 + index),
        attention_mask: row(lengths[index]!, 1),
        token_type_ids: row(lengths[index]!, 0),
      },
      target: index % 2,
    }),
  };
  const { model, history } = await fit(bert(SIZES), data, {
    validation: data,
    epochs: 15,
    batchSize: 2,
    shuffle: false,
    optimizer: adam({ learningRate: 5e-3 }),
    device: "cpu",
    verbose: false,
  });
  const [first, last] = [history.epochs[0]!.loss, history.epochs.at(-1)!.loss];
  assert(last < 0.5 * first, `${first} to ${last}`);
  const report = await evaluate(model, data, { batchSize: 2, device: "cpu", verbose: false });
  assertAlmostEquals(report.loss, history.epochs.at(-1)!.validation!.loss, 1e-5);
});

Deno.test("networks for text refuse wrong options", () => {
  assertThrows(
    () => bert({ hidden: 10, heads: 4 }),
    RangeError,
    'bert(): option "hidden" must be a multiple of the 4 heads, found 10',
  );
  // @ts-expect-error an option that does not exist
  assertThrows(() => bert({ vocab: 10 }), TypeError, '"vocab"');
  assertThrows(() => xlnet({ hidden: 9, heads: 3 }), RangeError, '"hidden" must be even, found 9');
  assertThrows(() => distilbert({ dropout: 1 }), RangeError, '"dropout"');
});
