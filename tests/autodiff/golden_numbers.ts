import { sizeOf } from "../../src/tensor/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** What a golden file holds; `golden/make_golden.py` says how it was made. */
export interface Golden {
  readonly inputShape: readonly number[];
  readonly targets: readonly number[];
  readonly batchNorm: "batch" | "running";
  readonly optimizer: "sgd" | "adam" | "adamW";
  readonly learningRate: number;
  /** The loss before each step, the first before any. */
  readonly losses: readonly number[];
  readonly logits: readonly number[];
  /** Of each gradient its length and its products with two vectors of signs. */
  readonly gradients: Readonly<Record<string, readonly [number, number, number]>>;
}

/** `count` numbers in [−1, 1) from FNV-1a of a name and a 32-bit mixer, as the Python side has them. */
export function hashed(name: string, count: number): Float32Array<ArrayBuffer> {
  let seed = 2166136261;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 16777619);
  return Float32Array.from({ length: count }, (_, index) => {
    let h = seed + Math.imul(index, 0x9e3779b9) | 0;
    h = Math.imul(h ^ h >>> 16, 0x7feb352d);
    h = Math.imul(h ^ h >>> 15, 0x846ca68b);
    h ^= h >>> 16;
    return (h >>> 8) / 2 ** 23 - 1;
  });
}

/** The weight that belongs to a parameter's name. */
export function drawnWeight(name: string, dims: readonly number[]): Float32Array<ArrayBuffer> {
  const numbers = hashed(name, sizeOf(dims));
  if (dims.length > 1) {
    const bound = Math.fround(Math.sqrt(6 / sizeOf(dims.slice(1))));
    return numbers.map((u) => u * bound);
  }
  if (name.endsWith("running_var")) return numbers.map((u) => 1 + 0.5 * u);
  if (name.endsWith("weight")) return numbers.map((u) => 1 + 0.25 * u);
  return numbers.map((u) => 0.125 * u);
}

/** Says of each gradient that is off by more than `bound` of its length how far it is off. */
export function compareGradients(
  gradients: ReadonlyMap<string, Tensor<"float32">>,
  golden: Golden,
  bound: number,
): string[] {
  const total = Math.hypot(...Object.values(golden.gradients).map(([length]) => length));
  return [...gradients].flatMap(([name, { data }]) => {
    const [length, ...products] = golden.gradients[name]!;
    const found = [0, 1].map((which) => {
      const signs = hashed(`${name}/${which}`, data.length);
      return data.reduce((sum, g, i) => sum + (signs[i]! < 0 ? -g : g), 0);
    });
    const errors = [Math.sqrt(data.reduce((sum, g) => sum + g * g, 0)) - length].concat(
      found.map((product, which) => product - products[which]!),
    );
    // Gradients that are zero but for rounding are measured by all of them together.
    const scale = Math.max(length, 1e-4 * total);
    const off = Math.max(...errors.map(Math.abs)) / scale;
    return off <= bound ? [] : [`${name} is off by ${off.toExponential(1)} of its length`];
  });
}
