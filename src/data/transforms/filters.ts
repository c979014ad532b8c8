import type { Image } from "../../tensor/dataset.ts";
import { blend } from "./color.ts";

/** A 3×3 mean in which the middle counts five times, in 13ths (PIL's `SMOOTH`). */
const MIDDLE = 5 / 13;
const AROUND = 1 / 13;

/**
 * `image` moved away from its smoothed self by `factor`: 0 is smooth, 1 the picture, above 1 sharper
 * (as PIL's `Sharpness`). The outermost pixels stay.
 */
export function sharpened(image: Image, factor: number): Image {
  const { widthPx, heightPx, data: from } = image;
  const data = from.slice();
  const stride = widthPx * 3;
  const strength = Math.fround(factor);
  for (let y = 1; y < heightPx - 1; y++) {
    for (let i = y * stride + 3; i < (y + 1) * stride - 3; i++) {
      const above = i - stride, below = i + stride;
      const sum = from[above - 3]! + from[above]! + from[above + 3]! + from[i - 3]! +
        from[i + 3]! + from[below - 3]! + from[below]! + from[below + 3]!;
      const value = from[i]!;
      const smooth = Math.floor(sum * AROUND + value * MIDDLE + 0.5);
      data[i] = blend(smooth, value, strength);
    }
  }
  return { ...image, data };
}

/** `image` under a Gaussian of `sigmaPx` over `kernelPx` pixels, mirrored at the edges. */
export function blurred(image: Image, sigmaPx: number, kernelPx: number): Image {
  const { widthPx, heightPx } = image;
  const weights = gaussian(sigmaPx, kernelPx);
  const source = new Float32Array(image.data);
  const across = new Float32Array(source.length);
  const columns = reached(widthPx, kernelPx);
  for (let y = 0; y < heightPx; y++) {
    const row = y * widthPx * 3;
    for (let x = 0; x < widthPx; x++) {
      let red = 0, green = 0, blue = 0;
      for (let k = 0; k < kernelPx; k++) {
        const at = row + columns[x + k]! * 3, weight = weights[k]!;
        red += weight * source[at]!;
        green += weight * source[at + 1]!;
        blue += weight * source[at + 2]!;
      }
      const to = row + x * 3;
      across[to] = red;
      across[to + 1] = green;
      across[to + 2] = blue;
    }
  }
  return { ...image, data: blurredDown(across, image, weights) };
}

function blurredDown(
  across: Float32Array,
  { widthPx, heightPx }: Image,
  weights: Float32Array,
): Uint8Array {
  const stride = widthPx * 3;
  const rows = reached(heightPx, weights.length);
  const sums = new Float32Array(stride);
  const data = new Uint8ClampedArray(across.length);
  for (let y = 0; y < heightPx; y++) {
    sums.fill(0);
    for (let k = 0; k < weights.length; k++) {
      const from = rows[y + k]! * stride, weight = weights[k]!;
      for (let i = 0; i < stride; i++) sums[i]! += weight * across[from + i]!;
    }
    data.set(sums, y * stride);
  }
  return new Uint8Array(data.buffer);
}

function gaussian(sigmaPx: number, kernelPx: number): Float32Array {
  const middle = (kernelPx - 1) / 2;
  const weights = Float32Array.from(
    { length: kernelPx },
    (_, k) => Math.exp(-((k - middle) ** 2) / (2 * sigmaPx ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** The pixels of an axis with half a kernel of mirrored ones before and after; the edge is not repeated. */
function reached(sizePx: number, kernelPx: number): Int32Array {
  const period = Math.max(1, 2 * (sizePx - 1));
  return Int32Array.from({ length: sizePx + kernelPx - 1 }, (_, i) => {
    const at = Math.abs(i - (kernelPx - 1) / 2) % period;
    return Math.min(at, period - at) % sizePx;
  });
}
