import { sizeOf } from "../../src/tensor/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** What a golden file holds; `golden/make_golden.py` says how it was made. */
export interface Golden {
  /** Which inputs: their numbers are those of the network's name and this. */
  readonly seed: number;
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

/** Bounds of the comparison with golden gradients. */
export interface Bounds {
  /** Of each parameter's gradient, relative to its length. */
  readonly each: number;
  /** Of all gradients together, relative to their length. */
  readonly all: number;
}

/** How far gradients are from the golden ones. */
interface Distance {
  /** Relative L2 error of all together, as their products with random signs estimate it. */
  readonly all: number;
  /** The worst of the differences of each parameter, relative to the gradient's length. */
  readonly each: ReadonlyMap<string, number>;
}

/** `count` numbers in [−1, 1) from FNV-1a of a name and a 32-bit mixer, as the Python side has them. */
export function hashed(name: string, count: number): Float32Array<ArrayBuffer> {
  let seed = 2166136261;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 16777619);
  const numbers = new Float32Array(count);
  for (let index = 0; index < count; index++) {
    let h = seed + Math.imul(index, 0x9e3779b9) | 0;
    h = Math.imul(h ^ h >>> 16, 0x7feb352d);
    h = Math.imul(h ^ h >>> 15, 0x846ca68b);
    h ^= h >>> 16;
    numbers[index] = (h >>> 8) / 2 ** 23 - 1;
  }
  return numbers;
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

/** How far `gradients` are from the golden ones; a gradient too many or too few is infinitely far. */
function distance(
  gradients: ReadonlyMap<string, Tensor<"float32">>,
  golden: Golden,
): Distance {
  const total = Math.hypot(...Object.values(golden.gradients).map(([length]) => length));
  let squares = 0;
  const each = new Map<string, number>();
  for (const name of new Set([...gradients.keys(), ...Object.keys(golden.gradients)])) {
    const [data, expected] = [gradients.get(name)?.data, golden.gradients[name]];
    const errors = data && expected
      ? summary(name, data).map((found, i) => found - expected[i]!)
      : [Infinity, Infinity, Infinity];
    squares += (errors[1]! ** 2 + errors[2]! ** 2) / 2;
    // Gradients that are zero but for rounding are measured by all of them together.
    const scale = Math.max(expected?.[0] ?? 0, 1e-4 * total);
    each.set(name, Math.max(...errors.map(Math.abs)) / scale);
  }
  return { all: Math.sqrt(squares) / total, each };
}

/** Says of the gradients that are off by more than a bound how far they are off. */
export function compareGradients(
  gradients: ReadonlyMap<string, Tensor<"float32">>,
  golden: Golden,
  bounds: Bounds,
): string[] {
  const { all, each } = distance(gradients, golden);
  const off = [...each].filter(([, error]) => !(error <= bounds.each));
  return [
    ...off.map(([name, error]) => `${name} is off by ${error.toExponential(1)} of its length`),
    ...(all <= bounds.all ? [] : [`all together are off by ${all.toExponential(1)}`]),
  ];
}

/** A gradient's length and its products with two vectors of signs. */
function summary(name: string, data: Float32Array): [number, number, number] {
  const products = [0, 1].map((which) => {
    const signs = hashed(`${name}/${which}`, data.length);
    let product = 0;
    for (let i = 0; i < data.length; i++) product += signs[i]! < 0 ? -data[i]! : data[i]!;
    return product;
  });
  let squares = 0;
  for (const g of data) squares += g * g;
  return [Math.sqrt(squares), products[0]!, products[1]!];
}
