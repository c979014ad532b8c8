import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { arrays } from "../../src/data/arrays.ts";
import { pictures } from "../../src/data/pictures.ts";
import { imagenetPreprocessing } from "../../src/data/preprocessing.ts";
import { ints } from "../../src/onnx/attribute.ts";
import { Graph } from "../../src/onnx/graph.ts";
import type { Model } from "../../src/onnx/model.ts";
import { modelFromGraph } from "../../src/onnx/model_from_graph.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { fit } from "../../src/train/fit.ts";
import { namingSizes } from "../../src/train/misfit.ts";
import { predict } from "../../src/workflow/predict.ts";

/** Largest of each 6×6 pixels of pictures of any size, then a layer for pictures of 12×12. */
function pooled(): Model {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const x = graph.addInput("x", "float32", ["N", 3, "H", "W"]);
  const attributes = { kernel_shape: ints([6, 6]), strides: ints([6, 6]) };
  const [largest] = graph.add("MaxPool", [x], { outputs: ["largest"], attributes }).outputs;
  const [flat] = graph.add("Flatten", [largest!], { outputs: ["flat"] }).outputs;
  const weight = graph.addConstant("w.weight", tensor("float32", [12, 2], new Float32Array(24)));
  const [y] = graph.add("MatMul", [flat!, weight], { outputs: ["y"] }).outputs;
  graph.outputs.push(y!);
  y!.type = "float32";
  y!.shape = ["N", 2];
  return modelFromGraph(graph, { name: "pooled" });
}

function numbers(side: number) {
  const x = tensor("float32", [2, 3, side, side], new Float32Array(6 * side * side));
  return arrays({ inputs: { x }, targets: tensor("int64", [2], BigInt64Array.of(0n, 1n)) });
}

Deno.test("arrays of a size that the layers cannot take are refused by name and size", async () => {
  assertEquals((await predict(pooled(), numbers(12))).length, 2);
  for (const side of [4, 24]) {
    const said = `The model "pooled" cannot take "x" float32[N,3,${side},${side}]: MatMul:`;
    const quiet = { verbose: false };
    await assertRejects(
      () => fit(pooled(), numbers(side), { ...quiet, epochs: 1 }),
      TypeError,
      said,
    );
    await assertRejects(() => evaluate(pooled(), numbers(side), quiet), TypeError, said);
  }
});

Deno.test("pictures too small for the layers are refused by their size", async () => {
  const model = { ...pooled(), preprocessing: imagenetPreprocessing({ heightPx: 4, widthPx: 5 }) };
  const image = { widthPx: 40, heightPx: 40, data: new Uint8Array(4800) };
  const said = "cannot take pictures of 5×4 pixels: MatMul:";
  await assertRejects(() => predict(model, image), TypeError, said);
  const data = pictures([{ image, target: 0 }]);
  await assertRejects(() => fit(model, data, { epochs: 1, verbose: false }), TypeError, said);
});

Deno.test("other failures pass as they are", async () => {
  const other = new Error("Failed to allocate memory for a buffer of shape [9]");
  const inputs = { x: tensor("float32", [1, 3, 4, 4], new Float32Array(48)) };
  const thrown = await namingSizes(pooled(), inputs, () => Promise.reject(other))
    .catch((error) => error);
  assertStrictEquals(thrown, other);
});
