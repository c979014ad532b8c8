import { int } from "../../onnx/attribute.ts";
import type { Graph, Value } from "../../onnx/graph.ts";
import type { Model } from "../../onnx/model.ts";
import { remodel, withWeights } from "../../onnx/model_from_graph.ts";
import { replaceHead } from "../../onnx/replace_head.ts";
import { valueNamed } from "../../onnx/select.ts";
import { int64s, tensor } from "../../tensor/tensor.ts";
import type { Pooling } from "./pooling.ts";
import type { LogisticRegression } from "./softmax_fit.ts";

/**
 * The model with a linear classifier of its features as its head: the logits, and so the
 * probabilities, are those of the probe. The features must come from `extractFeatures` of this model,
 * at any layer and with any pooling but `"none"` of a layer with places. Throws `RangeError` where the
 * probe does not say where its features come from.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   arrays, evaluate, extractFeatures, loadBackbone, logisticRegression, withLinearHead,
 * } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = {
 *   type: "float32", dims: [2, 1, 28, 28], data: new Float32Array(1568).fill(1, 784),
 * } as const;
 * const targets = { type: "int64", dims: [2], data: BigInt64Array.of(0n, 1n) } as const;
 * const data = arrays({ inputs: { x }, targets, classes: ["black", "white"] });
 * const features = await extractFeatures(backbone, data, { verbose: false });
 * const probe = await logisticRegression(features, { C: 100, verbose: false });
 * const model = withLinearHead(backbone, probe);
 * assertEquals((await evaluate(model, data, { verbose: false })).accuracy, 1);
 * ```
 */
export function withLinearHead(model: Model, probe: LogisticRegression): Model {
  const { weight, bias, classes, classCount, layer, pooling = "none", layerShape } = probe;
  if (layer === undefined) {
    throw new RangeError(
      "withLinearHead(): the probe does not say which layer its features come from; learn it from " +
        "what extractFeatures gives",
    );
  }
  const head = classes && classes.length === classCount ? { classes } : { classes: classCount };
  const isFlat = layerShape === undefined || layerShape.length === 1;
  if (!isFlat && pooling === "none") {
    throw new RangeError(
      `withLinearHead(): the features of "${layer}" [${layerShape}] were not pooled by ` +
        "extractFeatures, so the head cannot do it either; give it a pooling",
    );
  }
  const width = weight.length / classCount;
  const bare = layer === "pool" && isFlat
    ? replaceHead(model, head)
    : replacePooled(model, { layer, pooling, layerShape: layerShape ?? [width], head });
  const { shape } = bare.parameters.get("head.weight")!;
  if (shape[1] !== width) {
    throw new RangeError(
      `withLinearHead(): "${layer}" of this model gives ${
        shape[1]
      } features, the probe learned from ` +
        width,
    );
  }
  return withWeights(
    bare,
    new Map([
      ["head.weight", tensor("float32", [classCount, width], weight as Float32Array<ArrayBuffer>)],
      ["head.bias", tensor("float32", [classCount], bias as Float32Array<ArrayBuffer>)],
    ]),
  );
}

function replacePooled(
  model: Model,
  { layer, pooling, layerShape, head }: {
    readonly layer: string;
    readonly pooling: Pooling;
    readonly layerShape: readonly number[];
    readonly head: { readonly classes: readonly string[] | number };
  },
): Model {
  const graph = model.graph.clone();
  const value = valueNamed(graph, layer);
  const batch = graph.inputs[0]?.shape?.[0] ?? "batch";
  value.type ??= "float32";
  value.shape = [batch, ...layerShape];
  const isAverage = layerShape.length === 1 || pooling === "average";
  const at = isAverage ? value : pooledIn(graph, value, pooling as "max" | "both" | "cls");
  at.type ??= "float32";
  if (!isAverage) {
    const width = layerShape[layerShape.length === 2 ? 1 : 0]!;
    at.shape = [batch, pooling === "both" ? 2 * width : width];
  }
  return replaceHead(remodel(model, graph), { ...head, at: at.name });
}

/** The pooling of `extractFeatures` as operators. */
function pooledIn(graph: Graph, value: Value, pooling: "max" | "both" | "cls"): Value {
  const op = (type: string, inputs: readonly Value[], attributes = {}) =>
    graph.add(type, inputs, { attributes }).outputs[0]!;
  if (pooling === "cls") {
    const first = graph.addConstant(graph.fresh("first_token"), int64s([0], []));
    return op("Gather", [value, first], { axis: int(1) });
  }
  const tokens = value.shape!.length === 3;
  const perm = { kind: "ints", value: [0, 2, 1] };
  const places = tokens ? op("Transpose", [value], { perm }) : value;
  const largest = op("Flatten", [op("GlobalMaxPool", [places])]);
  if (pooling === "max") return largest;
  const mean = op("Flatten", [op("GlobalAveragePool", [places])]);
  return op("Concat", [mean, largest], { axis: int(1) });
}
