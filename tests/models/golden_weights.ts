import { sizeOf } from "../../src/tensor/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";

/** What every entry of the golden files says of a network. */
export interface GoldenShapes {
  /** Elements of all weights. */
  readonly parameters: number;
  /** Sum of the sorted lines "name shape" of all weights. */
  readonly shapes: string;
}

const PERIOD = 4093;

/** 4093 numbers sin(phase + 12.9898·i) again and again, the phase by the name, as the scripts beside have it. */
export function wave(name: string, count: number): Float64Array<ArrayBuffer> {
  const phase = new TextEncoder().encode(name).reduce((sum, byte) => sum + byte, 0) % 1000;
  const period = Float64Array.from({ length: PERIOD }, (_, i) => Math.sin(phase + 12.9898 * i));
  const values = new Float64Array(count);
  for (let at = 0; at < count; at += PERIOD) values.set(period.subarray(0, count - at), at);
  return values;
}

/** The weight of a name and shape by the formula. */
export function filled(name: string, dims: readonly number[]): Tensor<"float32"> {
  const values = Float32Array.from(wave(name, sizeOf(dims)));
  const [base, factor] = dims.length > 1
    ? [0, Math.sqrt(2 / sizeOf(dims.slice(1)))]
    : /(weight|running_var)$/.test(name)
    ? [1, 0.25]
    : [0, 0.1];
  return tensor("float32", dims, values.map((value) => base + factor * value));
}
