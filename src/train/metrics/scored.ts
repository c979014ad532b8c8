import { show } from "../../tensor/options.ts";
import { type Tensor, toNumbers } from "../../tensor/tensor.ts";

/** What a classifier said of N examples, and what is right. */
export interface Scored {
  /** How probable it holds each class, float32 or float64 `[N, C]`; rows add up to 1. */
  readonly probabilities: Tensor;
  /** Right classes: integers `[N]`, as a tensor or as plain numbers. */
  readonly targets: Tensor | ArrayLike<number>;
}

/** Answers that were checked. */
export interface CheckedScores {
  /** Number of examples. */
  readonly count: number;
  /** Number of classes. */
  readonly classes: number;
  /** Probabilities, `[count, classes]`. */
  readonly probabilities: Float32Array | Float64Array;
  /** Right classes, `[count]`. */
  readonly targets: readonly number[];
}

/**
 * Checks that answers and targets fit together. Throws `TypeError` for wrong types and shapes and
 * `RangeError` for a class that does not exist, naming `what`.
 */
export function checkScores(what: string, { probabilities, targets }: Scored): CheckedScores {
  const { type, dims, data } = probabilities ?? {};
  if (type !== "float32" && type !== "float64" || dims.length !== 2 || dims[1]! < 2) {
    throw new TypeError(
      `${what}(): probabilities must be float32 or float64 [N, C] with two classes or more, found ` +
        (type === undefined ? show(probabilities) : `${type}[${dims}]`),
    );
  }
  const [count, classes] = dims as [number, number];
  const labels = "dims" in targets ? toNumbers(targets) : Array.from(targets);
  if (count === 0 || labels.length !== count) {
    throw new TypeError(
      `${what}(): there must be one target for each of the examples, found ${count} examples and ` +
        `${labels.length} targets`,
    );
  }
  const wrong = labels.find((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (wrong !== undefined) {
    throw new RangeError(
      `${what}(): targets must be classes from 0 to ${classes - 1}, found ${wrong}`,
    );
  }
  return { count, classes, probabilities: data as Float32Array, targets: labels };
}

/** The class each example is given: the most probable one, the first of equals. */
export function answersOf({ count, classes, probabilities }: CheckedScores): number[] {
  return Array.from({ length: count }, (_, row) => {
    const start = row * classes;
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if (probabilities[start + c]! > probabilities[start + best]!) best = c;
    }
    return best;
  });
}

/** The mean of the numbers that are there; NaN where none is. */
export function meanOfKnown(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? NaN : known.reduce((sum, value) => sum + value, 0) / known.length;
}
