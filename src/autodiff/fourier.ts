import type { Value } from "../onnx/graph.ts";
import { type Builder, dimsOf } from "./builder.ts";

/** Which discrete Fourier transform. */
export interface FourierOptions {
  /** Backwards, divided by the length. */
  readonly isInverse: boolean;
  /** Only the first half of the frequencies, and the middle one; the input is real. */
  readonly isOnesided: boolean;
}

/** The discrete Fourier transform of `[…, 1 or 2]` along `axis`, its real and imaginary parts last. */
export function fourier(g: Builder, x: Value, axis: number, options: FourierOptions): Value {
  const shape = [...dimsOf(x).slice(0, -1), 2];
  if (options.isOnesided) shape[axis] = Math.floor(shape[axis]! / 2) + 1;
  const flags = { inverse: options.isInverse ? 1 : 0, onesided: options.isOnesided ? 1 : 0 };
  // From opset 20 on the axis is an input.
  return (g.graph.opsets.get("") ?? 18) < 20
    ? g.op("DFT", [x], shape, { ...flags, axis })
    : g.op("DFT", [x, undefined, g.scalar(axis, "int64")], shape, flags);
}
