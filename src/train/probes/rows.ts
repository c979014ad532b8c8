import { show } from "../../tensor/options.ts";

/** Rows of numbers `[N, D]`; what `extractFeatures` gives fits. */
export interface FeatureRows {
  /** The numbers, row-major. */
  readonly data: Float32Array;
  /** `[N, D]`. */
  readonly shape: readonly number[];
}

/** Rows with the class of each. */
export interface LabelledRows extends FeatureRows {
  /** Class index of each row, -1 where it is not known. */
  readonly targets: ArrayLike<number>;
  /** Names of the classes. */
  readonly classes?: readonly string[] | undefined;
}

/** Number and length of rows. Throws `TypeError` where they are not `[N, D]`. */
export function sizeOfRows(
  functionName: string,
  rows: FeatureRows,
  width?: number,
): { readonly count: number; readonly width: number } {
  const { shape, data } = rows ?? {};
  if (!Array.isArray(shape) || !(data instanceof Float32Array)) {
    throw new TypeError(
      `${functionName}(): features must be { data: Float32Array, shape: [N, D] }, found ${
        show(rows)
      }`,
    );
  }
  if (shape.length !== 2 || data.length !== shape[0] * shape[1]) {
    throw new TypeError(
      `${functionName}(): features must be rows [N, D], found [${shape}]. Give extractFeatures a ` +
        'layer that is flat, or a "pooling"',
    );
  }
  if (width !== undefined && shape[1] !== width) {
    throw new TypeError(
      `${functionName}(): the rows have ${shape[1]} features, those it learned from ${width}`,
    );
  }
  return { count: shape[0], width: shape[1] };
}

/** The rows whose class is known. Throws `RangeError` where there are none. */
export function labelled(
  functionName: string,
  rows: LabelledRows,
): { rows: FeatureRows; targets: Int32Array; classCount: number } {
  const { count, width } = sizeOfRows(functionName, rows);
  const { targets, classes } = rows;
  if (targets?.length !== count) {
    throw new TypeError(
      `${functionName}(): ${count} rows need as many "targets", found ${targets?.length}`,
    );
  }
  const known = Array.from({ length: count }, (_, row) => row).filter((row) => targets[row]! >= 0);
  if (known.length === 0) {
    throw new RangeError(`${functionName}(): none of the ${count} rows has a class to learn from`);
  }
  const own = Int32Array.from(known, (row) => targets[row]!);
  const classCount = Math.max(classes?.length ?? 0, 1 + own.reduce((a, b) => Math.max(a, b)));
  if (known.length === count) return { rows, targets: own, classCount };
  const data = new Float32Array(known.length * width);
  known.forEach((row, at) => {
    data.set(rows.data.subarray(row * width, (row + 1) * width), at * width);
  });
  return { rows: { data, shape: [known.length, width] }, targets: own, classCount };
}

/** The rows at some places, in that order. */
export function rowsAt<R extends LabelledRows>(rows: R, places: ArrayLike<number>): LabelledRows {
  const width = rows.shape[1]!;
  const data = new Float32Array(places.length * width);
  const targets = new Int32Array(places.length);
  for (let at = 0; at < places.length; at++) {
    const row = places[at]!;
    data.set(rows.data.subarray(row * width, (row + 1) * width), at * width);
    targets[at] = rows.targets[row]!;
  }
  return { data, shape: [places.length, width], targets, classes: rows.classes };
}
