import type { Tensor } from "../../tensor/tensor.ts";
import { fileBytes } from "./file_bytes.ts";

/** Height and width of a picture, in pixels. */
const SIZE_PX = 32;
const PLANE = SIZE_PX * SIZE_PX;

/** What CIFAR's binary files hold. */
export interface CifarRecords {
  /** `[N, 32, 32, 3]`. */
  readonly images: Tensor;
  /** `[N]`, one of the labels of each record. */
  readonly targets: Tensor;
}

/**
 * Reads CIFAR's binary files, gzipped or not, one after the other: records of `labelBytes` labels and
 * three planes of 32×32 bytes, red, green and blue. `label` says which label is taken. Throws
 * `SyntaxError` for a file whose size is no multiple of a record and for labels from `classCount` on.
 */
export async function cifarRecords(
  files: readonly string[],
  { labelBytes, label, classCount }: {
    readonly labelBytes: number;
    readonly label: number;
    readonly classCount: number;
  },
): Promise<CifarRecords> {
  const size = labelBytes + 3 * PLANE;
  const parts: Uint8Array[] = [];
  for (const file of files) {
    const bytes = await fileBytes(file);
    checkSize(file, bytes.length, size);
    checkLabels(file, bytes, { size, label, classCount });
    parts.push(bytes);
  }
  const count = parts.reduce((sum, { length }) => sum + length / size, 0);
  const images = new Uint8Array(count * 3 * PLANE);
  const targets = new Int32Array(count);
  let record = 0;
  for (const bytes of parts) {
    for (let start = 0; start < bytes.length; start += size, record++) {
      targets[record] = bytes[start + label]!;
      interleave(bytes, start + labelBytes, images.subarray(record * 3 * PLANE));
    }
  }
  return {
    images: { type: "uint8", dims: [count, SIZE_PX, SIZE_PX, 3], data: images },
    targets: { type: "int32", dims: [count], data: targets },
  };
}

/** Three planes as pixels of three bytes. */
function interleave(from: Uint8Array, start: number, to: Uint8Array): void {
  for (let pixel = 0, at = 0; pixel < PLANE; pixel++) {
    to[at++] = from[start + pixel]!;
    to[at++] = from[start + PLANE + pixel]!;
    to[at++] = from[start + 2 * PLANE + pixel]!;
  }
}

function checkSize(file: string, length: number, size: number): void {
  if (length > 0 && length % size === 0) return;
  throw new SyntaxError(
    `"${file}" has ${length} bytes, which is no whole number of records of ${size} bytes: it is ` +
      `cut off, or not of this kind (CIFAR-10 has one label a record, CIFAR-100 two; the files of ` +
      `the "binary version" are meant)`,
  );
}

function checkLabels(
  file: string,
  bytes: Uint8Array,
  { size, label, classCount }: {
    readonly size: number;
    readonly label: number;
    readonly classCount: number;
  },
): void {
  for (let record = 0; record * size < bytes.length; record++) {
    const found = bytes[record * size + label]!;
    if (found < classCount) continue;
    throw new SyntaxError(
      `"${file}": the label of record ${record} is ${found}, but there are ${classCount} classes`,
    );
  }
}
