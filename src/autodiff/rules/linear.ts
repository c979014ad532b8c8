import type { Node, Value } from "../../onnx/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Builder, dimsOf } from "../builder.ts";
import type { GradRule } from "../rule.ts";

/**
 * Y = A·B, with A `[..., M, K]`, B `[..., K, N]`, Y `[..., M, N]`, so
 * dA = dY·Bᵀ and dB = Aᵀ·dY. The walker sums broadcast batch axes away.
 */
export const matMul: GradRule<"MatMul"> = {
  A: ({ g, x, dy }) => {
    const { b, dY } = asMatrices(g, x.A, x.B, dy.Y);
    const dA = g.matMul(dY, b, { b: true });
    return dimsOf(x.A).length === 1 ? g.sumTo(dA, [1, ...dimsOf(x.A)]) : dA;
  },
  B: ({ g, x, dy }) => {
    const { a, dY } = asMatrices(g, x.A, x.B, dy.Y);
    const rank = dimsOf(x.B).length;
    if (rank <= 2 && dimsOf(a).length > 2) {
      // One large product instead of many small ones and their sum.
      const rows = (value: Value) =>
        g.reshape(value, [sizeOf(dimsOf(value).slice(0, -1)), dimsOf(value).at(-1)!]);
      const dB = g.gemm(rows(a), rows(dY), { a: true });
      return rank === 1 ? g.reshape(dB, dimsOf(x.B)) : dB;
    }
    const dB = g.matMul(a, dY, { a: true });
    return rank === 1 ? g.reshape(g.sumTo(dB, [dimsOf(x.B)[0]!, 1]), dimsOf(x.B)) : dB;
  },
};

/** Y = alpha·A'·B' + beta·C, where A' and B' may be transposed. */
export const gemm: GradRule<"Gemm"> = {
  A: ({ g, x, dy, node }) => {
    const scale = node.float("alpha", 1);
    const transposedB = node.int("transB", 0) === 1;
    return node.int("transA", 0) === 1
      ? g.gemm(x.B, dy.Y, { a: transposedB, b: true, scale })
      : g.gemm(dy.Y, x.B, { b: !transposedB, scale });
  },
  B: ({ g, x, dy, node }) => {
    const scale = node.float("alpha", 1);
    const transposedA = node.int("transA", 0) === 1;
    return node.int("transB", 0) === 1
      ? g.gemm(dy.Y, x.A, { a: true, b: transposedA, scale })
      : g.gemm(x.A, dy.Y, { a: !transposedA, scale });
  },
  C: ({ g, dy, node }) => g.scale(dy.Y, node.float("beta", 1)),
};

/** Vectors as matrices of one row (A) or one column (B), and dY with the axes that MatMul dropped. */
function asMatrices(g: Builder, A: Value, B: Value, dy: Value) {
  const [shapeA, shapeB] = [dimsOf(A), dimsOf(B)];
  const shape = [...dimsOf(dy)];
  if (shapeB.length === 1) shape.push(1);
  if (shapeA.length === 1) shape.splice(shape.length - 1, 0, 1);
  return {
    a: shapeA.length === 1 ? g.reshape(A, [1, shapeA[0]!]) : A,
    b: shapeB.length === 1 ? g.reshape(B, [shapeB[0]!, 1]) : B,
    dY: g.reshape(dy, shape),
  };
}

/** Y = alpha·A'·B' with either one transposed over its last two axes first. */
export const fusedMatMul: GradRule<"com.microsoft.FusedMatMul"> = {
  A: ({ g, x, dy, node }) => {
    const { a, b, scale } = settings(node);
    return a
      ? g.matMul(x.B, dy.Y, { a: b, b: true, scale })
      : g.matMul(dy.Y, x.B, { b: !b, scale });
  },
  B: ({ g, x, dy, node }) => {
    const { a, b, scale } = settings(node);
    return b
      ? g.matMul(dy.Y, x.A, { a: true, b: a, scale })
      : g.matMul(x.A, dy.Y, { a: !a, scale });
  },
};

function settings(node: Node) {
  if (node.int("transBatchA", 0) === 1 || node.int("transBatchB", 0) === 1) {
    throw new TypeError(`Cannot differentiate ${node}: transposed batch axes are not supported`);
  }
  return {
    a: node.int("transA", 0) === 1,
    b: node.int("transB", 0) === 1,
    scale: node.float("alpha", 1),
  };
}
