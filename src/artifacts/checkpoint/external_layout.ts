import { rawOf } from "../../onnx/tensor_codec.ts";
import { bytesPerElement } from "../../tensor/dtype.ts";
import type { Tensor } from "../../tensor/tensor.ts";

const MEBIBYTE = 2 ** 20;

/** From this size of all parameters on, ONNX Runtime's Python tool writes a second file. */
export const EXTERNAL_FROM_BYTES = 1800 * MEBIBYTE;

/** Smaller tensors stay in the checkpoint itself. */
const SMALLEST_EXTERNAL_BYTES = 64;

/** Where the elements of parameters lie in the file beside the checkpoint. */
export interface ExternalLayout {
  /** Offset of each parameter that lies there, by name. */
  readonly offsets: ReadonlyMap<string, number>;
  /** The file's bytes, in pieces; elements are not copied. */
  readonly pieces: readonly Uint8Array[];
}

/**
 * Places the larger parameters one after the other, those of int64 and float64 at multiples of 8
 * bytes, others of 4, where all together (rounded up to a mebibyte) take `fromBytes` or more.
 */
export function layOut(
  parameters: readonly (readonly [string, Tensor])[],
  fromBytes: number,
): ExternalLayout {
  const offsets = new Map<string, number>();
  const pieces: Uint8Array[] = [];
  const total = parameters.reduce((sum, [, { data }]) => sum + data.byteLength, 0);
  if (Math.ceil(total / MEBIBYTE) * MEBIBYTE < fromBytes) return { offsets, pieces };
  let end = 0;
  for (const [name, tensor] of parameters) {
    if (tensor.data.byteLength < SMALLEST_EXTERNAL_BYTES) continue;
    const alignment = Math.max(4, bytesPerElement(tensor.type));
    const padding = (alignment - end % alignment) % alignment;
    if (padding > 0) pieces.push(new Uint8Array(padding));
    offsets.set(name, end + padding);
    pieces.push(rawOf(tensor));
    end += padding + tensor.data.byteLength;
  }
  return { offsets, pieces };
}
