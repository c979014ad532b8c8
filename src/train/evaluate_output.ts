import type { Loss } from "../artifacts/loss.ts";
import { lossOf } from "../artifacts/losses/by_name.ts";
import type { Model } from "../onnx/model.ts";

/** The number of classes a model tells apart, where its output is one number a class. */
export function classesOf(model: Model): number | undefined {
  const shape = model.outputs[0]?.shape;
  const last = shape?.length === 2 ? shape[1] : undefined;
  return typeof last === "number" ? last : undefined;
}

/** The logits of an output: what its final activation reads, or the output itself. */
export function logitsOf<
  V extends { producer: { opType: string; inputs: readonly unknown[] } | undefined },
>(
  output: V,
  final: string = "Softmax",
): V {
  const node = output.producer;
  return node?.opType === final ? node.inputs[0] as V : output;
}

/**
 * The number of classes that class indices are checked against where a loss takes them; `undefined`
 * where they are not, or one of them means "unknown". Without a loss it is that of a classifier.
 */
export function checkedClasses(model: Model, loss: Loss | undefined): number | undefined {
  const { targets = "classes", ignoreIndex } = loss === undefined ? {} : lossOf(loss);
  return targets === "classes" && ignoreIndex === undefined ? classesOf(model) : undefined;
}
