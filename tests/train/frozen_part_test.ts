import { assertAlmostEquals } from "@std/assert";
import { arrays } from "../../src/data/arrays.ts";
import { int, ints } from "../../src/onnx/attribute.ts";
import { Graph } from "../../src/onnx/graph.ts";
import type { Model } from "../../src/onnx/model.ts";
import { modelFromGraph } from "../../src/onnx/model_from_graph.ts";
import { freeze } from "../../src/onnx/select.ts";
import { rng } from "../../src/tensor/rng.ts";
import { int64s, tensor } from "../../src/tensor/tensor.ts";
import { fit } from "../../src/train/fit.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";

const random = rng("frozen part");
const normals = (...dims: number[]) =>
  tensor(
    "float32",
    dims,
    Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random.normal()),
  );

/** The mean of embedded words, computed with the words first: `[N, S]` → `[S, N, 3]` → `[N, 2]`. */
function wordsFirst(): Model {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const x = graph.addInput("x", "int64", ["N", 4]);
  const add = (opType: string, inputs: Parameters<Graph["add"]>[1], attributes = {}) =>
    graph.add(opType, inputs, { attributes }).outputs[0]!;
  const turned = add("Transpose", [x], { perm: ints([1, 0]) });
  const words = add("Gather", [graph.addConstant("words.weight", normals(9, 3)), turned]);
  const scores = add("MatMul", [
    add("Erf", [words]),
    graph.addConstant("head.weight", normals(3, 2)),
  ]);
  const [y] = graph.add("ReduceMean", [add("Transpose", [scores], { perm: ints([1, 0, 2]) })], {
    outputs: ["y"],
    attributes: { axes: ints([1]), keepdims: int(0) },
  }).outputs;
  graph.outputs.push(y!);
  y!.type = "float32";
  y!.shape = ["N", 2];
  return modelFromGraph(graph, { name: "words first" });
}

// As many words as examples in a batch, and more.
for (const batchSize of [4, 5]) {
  Deno.test(`a frozen part that turns examples aside is right for batches of ${batchSize}`, async () => {
    const model = freeze(wordsFirst(), "words.weight");
    const x = int64s(Array.from({ length: 40 }, () => random.integer(9)), [10, 4]);
    const targets = int64s(Array.from({ length: 10 }, (_, n) => n % 2));
    const { loss } = await valueAndGrad(model, { x }, targets);
    const { history } = await fit(model, arrays({ inputs: { x }, targets }), {
      epochs: 2,
      batchSize,
      optimizer: sgd({ learningRate: 1e-9 }),
      verbose: false,
    });
    for (const epoch of history.epochs) assertAlmostEquals(epoch.loss, loss, 1e-6);
  });
}

Deno.test("what only has the type of an input is a constant", async () => {
  const graph = new Graph();
  graph.opsets.set("", 18);
  const x = graph.addInput("x", "float32", ["N", 3]);
  const shape = graph.addConstant("shape", int64s([3]));
  const zero = graph.addConstant("zero", tensor("float64", [], [0.5]));
  const like = graph.add("CastLike", [zero, x]).outputs[0]!;
  const bias = graph.add("Expand", [like, shape]).outputs[0]!;
  const weight = graph.addConstant("fc.weight", normals(3, 3));
  const [y] = graph.add("Gemm", [x, weight, bias], { outputs: ["y"] }).outputs;
  graph.outputs.push(y!);
  y!.type = "float32";
  y!.shape = ["N", 3];
  const model = modelFromGraph(graph, { name: "typed" });
  const inputs = { x: normals(6, 3) };
  const targets = int64s([0, 1, 2, 0, 1, 2]);
  const { loss } = await valueAndGrad(model, inputs, targets);
  const { history } = await fit(model, arrays({ inputs, targets }), {
    epochs: 2,
    batchSize: 2,
    optimizer: sgd({ learningRate: 1e-9 }),
    verbose: false,
  });
  assertAlmostEquals(history.epochs[1]!.loss, loss, 1e-6);
});
