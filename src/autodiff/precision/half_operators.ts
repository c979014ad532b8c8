import type { Node } from "../../onnx/graph.ts";
import type { Device } from "../lowering/devices.ts";

/** Element types of 16 bits. */
export type HalfType = "float16" | "bfloat16";

/** What an operator does with numbers of 16 bits. */
export type HalfKind = "product" | "follower" | "move";

/** Matrix products and convolutions: computed in half, whatever they read. */
const PRODUCTS = [
  "MatMul",
  "Gemm",
  "com.microsoft.FusedMatMul",
  "Conv",
  "ConvTranspose",
  "Einsum",
];

/** Computed in half where all that they read is half: sums of a few, products, comparisons. */
const FOLLOWERS = [
  ...["Add", "Sub", "Mul", "Neg", "Sum", "Where", "Max", "Min", "Abs", "Sign"],
  ...["Relu", "LeakyRelu", "Clip", "MaxPool"],
  ...["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"],
];

/** Elements that only change their places; no number changes. */
const MOVES = [
  ...["Concat", "Expand", "Flatten", "Gather", "Identity", "Pad", "Reshape", "Slice", "Split"],
  ...["Squeeze", "Tile", "Transpose", "Unsqueeze"],
];

/**
 * What is computed in half in mixed precision (Micikevicius et al. 2018, arXiv 1710.03740). All that
 * is not named here stays float32: softmax, normalisations, losses, exponentials, roots, divisions
 * and sums over axes, such as the gradient of a bias.
 */
const KINDS: ReadonlyMap<string, HalfKind> = new Map([
  ...PRODUCTS.map((name) => [name, "product"] as const),
  ...FOLLOWERS.map((name) => [name, "follower"] as const),
  ...MOVES.map((name) => [name, "move"] as const),
]);

/**
 * Operators of those that ONNX Runtime has kernels for, by device and type: the CPU's of version 1.30,
 * CUDA's by the page "OperatorKernels". What is missing stays float32, products aside, without which
 * there is no use in it. For float16 the CPU has moves and a few others: the engine computes the rest in
 * float32 by itself.
 */
const KERNELS: Readonly<Record<Device, Readonly<Record<HalfType, ReadonlySet<string>>>>> = {
  cpu: { float16: new Set(KINDS.keys()), bfloat16: new Set() },
  cuda: {
    float16: new Set(KINDS.keys()),
    // Convolutions of bfloat16 are known from operator set 22 on, their gradients not at all.
    bfloat16: new Set([
      ...["MatMul", "Gemm", "com.microsoft.FusedMatMul"],
      ...["Add", "Sub", "Mul", "Neg", "Sum", "Where", "Max", "Min", "Sign", "Relu"],
      ...MOVES.filter((name) => name !== "Pad"),
    ]),
  },
  // WGSL has f16, where the card has the feature "shader-f16", and no bfloat16.
  webgpu: { float16: new Set(KINDS.keys()), bfloat16: new Set() },
};

/** What a node does with numbers of 16 bits; `undefined` where it computes in float32. */
export function halfKind(node: Node): HalfKind | undefined {
  return KINDS.get(nameOf(node));
}

/** Whether a device computes a node in numbers of `type`. */
export function hasHalfKernel(node: Node, type: HalfType, device: Device): boolean {
  return KERNELS[device][type].has(nameOf(node));
}

function nameOf({ domain, opType }: Node): string {
  return domain === "" ? opType : `${domain}.${opType}`;
}
