import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { digitCnn } from "../../models/digit_cnn.ts";
import { add, dropout, linear, relu } from "../../models/layers.ts";
import { input, network, output, toModel } from "../../models/network.ts";
import { arrays } from "../../src/data/arrays.ts";
import type { Model } from "../../src/onnx/model.ts";
import { withWeights } from "../../src/onnx/model_from_graph.ts";
import { freeze } from "../../src/onnx/select.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { DivergenceError, fit, type FitOptions } from "../../src/train/fit.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { multiplied } from "./small_models.ts";
import { pictures, smallNetwork } from "./resume_cases.ts";

const count = 6;
const x = () => tensor("float32", [count, 3], hashed("x", 3 * count));
const y = () => tensor("float32", [count, 1], hashed("y", count));

async function diverges(
  model: Model,
  data: Parameters<typeof fit>[1],
  options: FitOptions,
): Promise<DivergenceError> {
  const fixed = { loss: "mse", batchSize: 2, shuffle: false, verbose: false } as const;
  return await assertRejects(() => fit(model, data, { ...fixed, ...options }), DivergenceError);
}

/** Two layers with dropout between them. */
function twoLayers(): Model {
  const net = network(1);
  const x = input(net, "x", ["batch", 3]);
  const a = relu(net, linear(net, x, { name: "first", features: 4 }), { name: "act" });
  const b = dropout(net, a, { name: "drop", ratio: 0.5 });
  output(net, linear(net, b, { name: "second", features: 1 }));
  return toModel(net, { name: "two" });
}

function withValue(model: Model, name: string, at: number, value: number): Model {
  const { shape, value: before } = model.parameters.get(name)!;
  const data = Float32Array.from(before.data as Float32Array);
  data[at] = value;
  return withWeights(model, new Map([[name, tensor("float32", shape as number[], data)]]));
}

Deno.test("a NaN in the data is named, with its example", async () => {
  const inputs = { x: x() };
  inputs.x.data[3 * 3 + 1] = NaN;
  const error = await diverges(multiplied(hashed("w", 3)), arrays({ inputs, targets: y() }), {});
  assertStringIncludes(error.message, 'the input "x" of example 3 holds NaN');
  assertStringIncludes(error.message, "Mend the data");
  assertEquals(error.where, {
    epoch: 1,
    step: 2,
    indices: [2, 3],
    names: [undefined, undefined],
    kind: "input",
    name: "x",
  });
});

Deno.test("an infinite target is named, with the name of its example", async () => {
  const targets = y();
  targets.data[4] = Infinity;
  const plain = arrays({ inputs: { x: x() }, targets });
  const named = {
    ...plain,
    get: async (index: number) => ({ ...(await plain.get(index))!, name: `number ${index}` }),
  };
  const error = await diverges(multiplied(hashed("w", 3)), named, {});
  assertStringIncludes(error.message, 'the target of "number 4" holds Infinity');
  assertEquals(error.where.names, ["number 4", "number 5"]);
});

Deno.test("the first layer whose output is not finite is named", async () => {
  const data = arrays({ inputs: { x: x() }, targets: y() });
  const error = await diverges(withValue(twoLayers(), "second.bias", 0, 3e38), data, {
    optimizer: sgd({ learningRate: 1e-3 }),
  });
  // (3e38)² is too large for the loss only.
  assertEquals(error.where.kind, "loss");
  const scaled = twoLayers();
  for (const value of scaled.parameters.values()) {
    if (value.name.endsWith("weight")) (value.value.data as Float32Array).fill(1e20);
  }
  const overflown = await diverges(scaled, data, {});
  assertEquals([overflown.where.kind, overflown.where.name], ["node", "second"]);
  assertStringIncludes(overflown.message, 'node "second" (Gemm) is the first whose output');
  assertStringIncludes(overflown.message, "epoch 1, step 1, at learning rate 0.001");
  assertStringIncludes(overflown.message, "of examples 0, 1:");
});

Deno.test("a layer of the frozen part is named", async () => {
  const net = network(1);
  const x = input(net, "x", ["batch", 3]);
  const a = linear(net, x, { name: "first", features: 4 });
  const b = relu(net, linear(net, a, { name: "second", features: 4 }), { name: "act" });
  output(net, linear(net, add(net, [b, a], { name: "sum" }), { name: "third", features: 1 }));
  const model = freeze(toModel(net, { name: "three" }), /first|second/);
  (model.parameters.get("second.weight")!.value.data as Float32Array).fill(1e38);
  (model.parameters.get("first.bias")!.value.data as Float32Array).fill(100);
  const data = arrays({
    inputs: { x: tensor("float32", [4, 3]) },
    targets: tensor("float32", [4, 1]),
  });
  const error = await diverges(model, data, {});
  assertEquals([error.where.kind, error.where.name], ["node", "second"]);
  assertEquals(error.where.indices, [0, 1]);
});

Deno.test("a layer after batch normalisation and dropout is named", async () => {
  const model = withValue(smallNetwork(), "hidden.weight", 3, Infinity);
  const error = await diverges(model, pictures(4), { loss: "crossEntropy" });
  // The weights come first: an update cannot have made it so, but that is where it is.
  assertEquals([error.where.kind, error.where.name], ["parameter", "hidden.weight"]);
  const scaled = smallNetwork();
  for (const name of ["bn.weight", "hidden.weight"]) {
    (scaled.parameters.get(name)!.value.data as Float32Array).fill(1e25);
  }
  const found = await diverges(scaled, pictures(4), { loss: "crossEntropy" });
  assertEquals([found.where.kind, found.where.name], ["node", "hidden"]);
});

Deno.test("weights that an update made infinite are found before they are kept", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const data = arrays({ inputs: { x: x() }, targets: y() });
    const optimizer = sgd({ learningRate: 1e3 });
    const schedule = (step: number) => step === 2 ? 1e38 : 1e-6;
    const options = { optimizer, schedule, checkpoint: folder, epochs: 1 };
    const error = await diverges(multiplied(hashed("w", 3)), data, options);
    assertEquals([error.where.kind, error.where.name, error.where.step], [
      "parameter",
      "w.weight",
      3,
    ]);
    const weights = error.model.parameters.get("w.weight")!.value.data as Float32Array;
    assert(weights.every(Number.isFinite));
    assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the model of the error is that of the last epoch, also where features are cached", async () => {
  const inputs = { x: tensor("float32", [4, 1, 28, 28], hashed("x", 3136)) };
  const targets = tensor("int64", [4], [0, 1, 2, 3]);
  const model = freeze(digitCnn({ seed: 1 }), "backbone");
  const optimizer = sgd({ learningRate: 0.1 });
  const schedule = (step: number) => step >= 3 ? 1e300 : 1;
  const data = arrays({ inputs, targets });
  const common = { loss: "crossEntropy", optimizer, epochs: 5 } as const;
  const error = await diverges(model, data, { ...common, schedule });
  assertEquals(error.where.kind, "parameter");
  assertEquals([error.where.epoch, error.history.epochs.length], [2, 1]);
  assertStringIncludes(error.message, "epoch 1, step 2");
  const good = await fit(model, data, {
    ...common,
    epochs: 1,
    batchSize: 2,
    shuffle: false,
    verbose: false,
  });
  const last = [...model.parameters.values()].find(({ trainable }) => trainable)!.name;
  const of = (one: Model) => one.parameters.get(last)!.value.data;
  assertEquals(of(error.model), of(good.model));
});
