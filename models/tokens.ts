import { float, int } from "../src/onnx/attribute.ts";
import type { Value } from "../src/onnx/graph.ts";
import { add } from "./layers.ts";
import { constant, type Initializer, normal } from "./initializers.ts";
import { integers, layer, type LayerOptions, type Network, size, weight } from "./network.ts";
import { reshape, sizeAt, transpose } from "./rearrange.ts";
import { conv2d, type Conv2dOptions } from "./windows.ts";

/** Standard deviation of new weights in BERT and most that came after it. */
export const DEVIATION = 0.02;

/** What `dense` is told beside its name. */
export interface DenseOptions extends LayerOptions {
  /** Numbers it puts out for each token. */
  readonly features: number;
  /** Whether a bias is added. @default {true} */
  readonly bias?: boolean;
  /** How the matrix starts. @default {normal(0.02)} */
  readonly weights?: Initializer;
  /** How the bias starts. @default {constant(0)} */
  readonly biases?: Initializer;
  /** Whether the matrix is `[inputs, features]`, as GPT-2's, not PyTorch's `[features, inputs]`. @default {false} */
  readonly inputsFirst?: boolean;
}

/** x·Wᵀ + b along the last axis of `[…, K]`, with W `name.weight` `[features, K]` and b `name.bias`. */
export function dense(net: Network, x: Value, options: DenseOptions): Value {
  const { name, features, weights = normal(DEVIATION), biases = constant(0) } = options;
  const fanIn = size(x, x.shape!.length - 1);
  const dims = options.inputsFirst ? [fanIn, features] : [features, fanIn];
  const stored = weight(net, `${name}.weight`, { dims, start: weights });
  const matrix = options.inputsFirst
    ? stored
    : transpose(net, stored, { name: `${name}.transposed`, order: [1, 0] });
  const shape = [...x.shape!.slice(0, -1), features];
  const hasBias = options.bias ?? true;
  const product = hasBias ? `${name}.product` : name;
  const y = layer(net, "MatMul", { name: product, inputs: [x, matrix], shape });
  if (!hasBias) return y;
  return add(net, [y, weight(net, `${name}.bias`, { dims: [features], start: biases })], { name });
}

/** Layer normalisation along the last axis, with `name.weight` and `name.bias`, `epsilon` 1e-5 unless given. */
export function layerNorm(
  net: Network,
  x: Value,
  { name, epsilon = 1e-5 }: LayerOptions & { readonly epsilon?: number },
): Value {
  const dims = [size(x, x.shape!.length - 1)];
  const inputs = [
    x,
    weight(net, `${name}.weight`, { dims, start: constant(1) }),
    weight(net, `${name}.bias`, { dims, start: constant(0) }),
  ];
  const attributes = { axis: int(-1), epsilon: float(epsilon) };
  return layer(net, "LayerNormalization", { name, inputs, shape: x.shape!, attributes });
}

/** What the embeddings are told beside their names. */
export interface EmbeddingOptions extends LayerOptions {
  /** Rows of the table. */
  readonly rows: number;
  /** Numbers of a row. */
  readonly width: number;
  /** How the table starts. @default {normal(0.02)} */
  readonly weights?: Initializer;
}

/** The rows of the table `name.weight` `[rows, width]` that `ids`, int64 of any shape, name. */
export function embedding(net: Network, ids: Value, options: EmbeddingOptions): Value {
  const { name, width } = options;
  const shape = [...ids.shape!, width];
  return layer(net, "Gather", { name, inputs: [table(net, options), ids], shape });
}

/** The first rows of the table `name.weight`, one for each position along axis 1 of `ids`: `[T, width]`. */
export function positions(net: Network, ids: Value, options: EmbeddingOptions): Value {
  const { name, width } = options;
  const inputs = [
    table(net, options),
    integers(net, `${name}.starts`, [0]),
    sizeAt(net, ids, { name: `${name}.ends`, axis: 1 }),
    integers(net, `${name}.axes`, [0]),
  ];
  return layer(net, "Slice", { name, inputs, shape: [ids.shape![1]!, width] });
}

/** A table that starts as `weights` says, except its row `zero`, which is all 0: the padding's. */
export function withZeroRow(zero: number, weights: Initializer = normal(DEVIATION)): Initializer {
  return (dims, path) => {
    const made = weights(dims, path);
    made.data.fill(0, zero * dims[1]!, (zero + 1) * dims[1]!);
    return made;
  };
}

/** One token, [D] numbers in any shape, before those of every example: `[N, T, D]` → `[N, T + 1, D]`. */
export function withFirst(
  net: Network,
  [token, x]: readonly [Value, Value],
  { name }: LayerOptions,
): Value {
  const [batch, count, width] = [x.shape![0]!, size(x, 1), size(x, 2)];
  const shape = [batch, 1, width];
  const wanted = layer(net, "Concat", {
    name: `${name}.shape`,
    inputs: [
      sizeAt(net, x, { name: `${name}.batch`, axis: 0 }),
      integers(net, `${name}.rest`, [1, width]),
    ],
    shape: [3],
    type: "int64",
    attributes: { axis: int(0) },
  });
  const one = token.shape!.length === 3
    ? token
    : reshape(net, token, { name: `${name}.token`, to: [1, 1, width], shape: [1, 1, width] });
  const first = layer(net, "Expand", { name: `${name}.first`, inputs: [one, wanted], shape });
  return layer(net, "Concat", {
    name,
    inputs: [first, x],
    shape: [batch, count + 1, width],
    attributes: { axis: int(1) },
  });
}

/** A picture `[N, 3, S, S]` as tokens `[N, T, features]`, one for each square of `patch` pixels. */
export function patches(
  net: Network,
  x: Value,
  options: Omit<Conv2dOptions, "kernel" | "stride"> & { readonly patchPx: number },
): Value {
  const { name, patchPx, channels } = options;
  const map = conv2d(net, x, { ...options, kernel: patchPx, stride: patchPx });
  const count = size(map, 2) * size(map, 3);
  const shape = [map.shape![0]!, channels, count];
  const flat = reshape(net, map, { name: `${name}.flat`, to: [0, channels, -1], shape });
  return transpose(net, flat, { name: `${name}.tokens`, order: [0, 2, 1] });
}

function table(net: Network, { name, rows, width, weights }: EmbeddingOptions): Value {
  const dims = [rows, width];
  return weight(net, `${name}.weight`, { dims, start: weights ?? normal(DEVIATION) });
}
