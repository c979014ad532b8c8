import type { Image } from "../tensor/dataset.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The part of `[N, …]` at `index` along the first axis: a view of shape `[…]`. */
export function rowOf({ type, dims, data }: Tensor, index: number): Tensor {
  const rest = dims.slice(1);
  const size = sizeOf(rest);
  return { type, dims: rest, data: data.subarray(index * size, (index + 1) * size) };
}

/**
 * The pictures of a uint8 tensor `[N, H, W, 3]`, `[N, H, W, 1]` or `[N, H, W]` by index: a view of
 * colours, a copy of greys. Throws `TypeError` for other types and shapes.
 */
export function imageAt({ type, dims, data }: Tensor): (index: number) => Image {
  const [, heightPx, widthPx, channels = 1] = dims;
  const isShape = (dims.length === 3 || dims.length === 4) && (channels === 1 || channels === 3);
  if (type !== "uint8" || !isShape || heightPx === undefined || widthPx === undefined) {
    throw new TypeError(
      `arrays(): "images" must be uint8 of shape [N, height, width, 3], [N, height, width, 1] or ` +
        `[N, height, width], found ${type} [${dims}]`,
    );
  }
  const bytes = data as Uint8Array;
  const size = heightPx * widthPx * channels;
  return (index) => {
    const pixels = bytes.subarray(index * size, (index + 1) * size);
    return { widthPx, heightPx, data: channels === 3 ? pixels : repeated(pixels) };
  };
}

/** Greys as RGB. */
function repeated(greys: Uint8Array): Uint8Array {
  const data = new Uint8Array(greys.length * 3);
  for (let i = 0, to = 0; i < greys.length; i++) {
    data[to++] = greys[i]!;
    data[to++] = greys[i]!;
    data[to++] = greys[i]!;
  }
  return data;
}
