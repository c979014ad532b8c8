import { ints } from "../../../src/onnx/attribute.ts";
import { Graph, type Value } from "../../../src/onnx/graph.ts";
import type { Model } from "../../../src/onnx/model.ts";
import { modelFromGraph } from "../../../src/onnx/model_from_graph.ts";
import { rng } from "../../../src/tensor/rng.ts";
import { tensor } from "../../../src/tensor/tensor.ts";

export const TOKENS = 5;
export const WIDTH = 8;

/**
 * A small transformer encoder with a classifier: x `[N, 5, 8]` → `logits` `[N, 3]`. Its products are
 * MatMul and Add, the key's matrix is stored turned, as exporters do now and then.
 */
export function encoder(seed = 0): Model {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const random = rng("encoder", seed);
  const weight = (name: string, dims: readonly number[], scale = 0.5) =>
    graph.addConstant(
      name,
      tensor(
        "float32",
        dims,
        Array.from({ length: dims.reduce((a, b) => a * b) }, () => scale * random.normal()),
      ),
    );
  const op = (type: string, inputs: readonly Value[], attributes = {}) =>
    graph.add(type, inputs, { attributes }).outputs[0]!;
  const turn = (value: Value, perm: readonly number[]) =>
    op("Transpose", [value], { perm: ints(perm) });
  const dense = (name: string, x: Value, [into, out]: readonly [number, number]) => {
    const product = op("MatMul", [x, weight(`${name}.weight`, [into, out])]);
    return op("Add", [product, weight(`${name}.bias`, [out], 0.1)]);
  };
  const norm = (name: string, x: Value) =>
    op("LayerNormalization", [
      x,
      weight(`${name}.weight`, [WIDTH]),
      weight(`${name}.bias`, [WIDTH]),
    ]);
  const x = graph.addInput("x", "float32", ["batch", TOKENS, WIDTH]);
  const q = dense("query", x, [WIDTH, WIDTH]);
  const k = op("MatMul", [x, turn(weight("key.weight", [WIDTH, WIDTH]), [1, 0])]);
  const v = dense("value", x, [WIDTH, WIDTH]);
  const mixed = op("MatMul", [op("Softmax", [op("MatMul", [q, turn(k, [0, 2, 1])])]), v]);
  const attended = norm("norm1", op("Add", [x, dense("out", mixed, [WIDTH, WIDTH])]));
  const inner = op("Tanh", [dense("mlp.0", attended, [WIDTH, 12])]);
  const block = norm("norm2", op("Add", [attended, dense("mlp.1", inner, [12, WIDTH])]));
  const pooled = op("ReduceMean", [block], {
    axes: ints([1]),
    keepdims: { kind: "int", value: 0 },
  });
  pooled.type = "float32";
  pooled.shape = ["batch", WIDTH];
  const logits = graph.add(
    "Gemm",
    [pooled, weight("head.weight", [WIDTH, 3]), weight("head.bias", [3])],
    { outputs: ["logits"] },
  ).outputs[0]!;
  logits.type = "float32";
  logits.shape = ["batch", 3];
  graph.outputs.push(logits);
  return modelFromGraph(graph, { name: "encoder" });
}

/** Sequences of noise for it, with a class each that depends on them. */
export function sequences(count: number, seed = 0) {
  const random = rng("sequences", seed);
  const data = Float32Array.from({ length: count * TOKENS * WIDTH }, () => random.normal());
  const targets = Array.from({ length: count }, (_, n) => {
    const sums = [0, 1, 2].map((c) =>
      data[n * TOKENS * WIDTH + c]! * data[n * TOKENS * WIDTH + 3]!
    );
    return sums.indexOf(Math.max(...sums));
  });
  return {
    x: tensor("float32", [count, TOKENS, WIDTH], data),
    targets: tensor("int64", [count], targets),
  };
}
