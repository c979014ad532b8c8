import { type Builder, dimsOf, typeOf } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import { sameShape } from "../../tensor/shape.ts";

/** Targets as numbers of the output's shape; axes of size 1 may be left out or added. */
export function numbersLike(g: Builder, loss: string, output: Value, target: Value): Value {
  const [wanted, found] = [dimsOf(output), dimsOf(target)];
  const long = (dims: readonly number[]) => dims.slice(1).filter((dim) => dim !== 1);
  if (wanted[0] !== found[0] || !sameShape(long(wanted), long(found))) {
    throw misfit(loss, `numbers ${perExample(wanted)}`, target, output);
  }
  return g.reshape(g.cast(target, "float32"), wanted);
}

/** Scores by class with the places of pictures of one pixel left out: `[N, C]` or `[N, C, ...]`. */
export function classScores(g: Builder, output: Value): Value {
  const shape = dimsOf(output);
  const isPooled = shape.length > 2 && shape.slice(2).every((dim) => dim === 1);
  return isPooled ? g.reshape(output, shape.slice(0, 2)) : output;
}

/** Throws `TypeError` unless targets are class indices, or shares of the classes, for the scores. */
export function checkClassTargets(loss: string, scores: Value, target: Value): void {
  const dims = dimsOf(scores);
  if (dims.length < 2 || dims[1]! < 2) {
    throw new TypeError(
      `The loss "${loss}" needs an output for each of two classes or more, found ` +
        `${perExample(dims)}; take "mse" or "binaryCrossEntropy", or give the model another head`,
    );
  }
  const indices = [dims[0]!, ...dims.slice(2)];
  if (sameShape(dimsOf(target), areIndices(target) ? indices : dims)) return;
  const wanted = `class indices ${perExample(indices)}, or a distribution over the classes ` +
    perExample(dims);
  throw misfit(loss, wanted, target, scores);
}

/** Throws `TypeError` unless targets are one class index an example. */
export function checkGroups(loss: string, output: Value, target: Value): void {
  const dims = dimsOf(output);
  if (dims.length === 2 && areIndices(target) && sameShape(dimsOf(target), [dims[0]!])) return;
  throw misfit(loss, "class indices [N], and an output [N, D]", target, output);
}

/** Whether targets are class indices, as against numbers. */
export function areIndices(target: Value): boolean {
  return typeOf(target) === "int64";
}

/** What is said of targets that do not fit. */
export function misfit(loss: string, wanted: string, target: Value, output: Value): TypeError {
  return new TypeError(
    `The loss "${loss}" needs targets that are ${wanted}, for the model's output ` +
      `${perExample(dimsOf(output))}; found ${typeOf(target)} ${perExample(dimsOf(target))}`,
  );
}

/** The mean over all axes but the first. */
export function meanPerExample(g: Builder, errors: Value): Value {
  const axes = dimsOf(errors).map((_, axis) => axis).slice(1);
  return axes.length === 0 ? errors : g.reduce("ReduceMean", errors, axes, false);
}

/** A shape with the batch as `N`: programs are made for a batch size that the user need not know. */
function perExample(dims: readonly number[]): string {
  return `[${["N", ...dims.slice(1)]}]`;
}
