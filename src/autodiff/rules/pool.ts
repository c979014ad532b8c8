import type { Node, Value } from "../../onnx/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { tensor } from "../../tensor/tensor.ts";
import { type Builder, dimsOf } from "../builder.ts";
import { type GradRule, type RuleContext, stop } from "../rule.ts";
import { maxPoolByComparing } from "../lowering/max_pool.ts";
import { extents, type Window, windowOf } from "../window.ts";

/** The largest of each window: its gradient goes to the first place where it stands. */
export const maxPool: GradRule<"MaxPool"> = {
  X: ({ g, x, y, dy, node }) => {
    if (g.options.lacks?.has("MaxPool indices")) {
      return maxPoolByComparing(g, node, { ...x, ...y, dy: dy.Y });
    }
    const shape = dimsOf(x.X);
    const indices = g.output(rowMajor(g, node), 1, { type: "int64", shape: dimsOf(dy.Y) });
    const window = windowOf(node, x.X, y.Y);
    if (mayUnpool(g, dy.Y, window)) {
      return g.op("MaxUnpool", [dy.Y, indices, g.integers(shape)], shape, {
        kernel_shape: window.kernel,
        strides: window.strides,
      });
    }
    const zeros = g.full([sizeOf(shape)], 0, dy.Y.type!);
    const flat = [sizeOf(dimsOf(dy.Y))];
    const sums = g.scatterAdd(zeros, g.reshape(indices, flat), g.reshape(dy.Y, flat), 0);
    return g.reshape(sums, shape);
  },
};

/**
 * Whether no two windows overlap, so that nothing is to be added up: the runtime then only has to put
 * numbers where they belong, which it does several times faster.
 */
function mayUnpool({ options }: Builder, dy: Value, window: Window): boolean {
  const isApart = extents(window).every((reach, axis) => reach <= window.strides[axis]!);
  return isApart && dy.type === "float32" && !options.freeBatch && !options.lacks?.has("MaxUnpool");
}

/** The node, or one that counts places row by row where it counts them column by column. */
function rowMajor(g: Builder, node: Node): Node {
  if (node.int("storage_order", 0) === 0) return node;
  const attributes = [...node.attributes].filter(([name]) => name !== "storage_order");
  return g.graph.add("MaxPool", node.inputs, { attributes: Object.fromEntries(attributes) });
}

/** The mean of each window: every element that was counted gets its share. */
export const averagePool: GradRule<"AveragePool"> = {
  X: (context) => {
    const { g, x, y, dy, node } = context;
    const window = windowOf(node, x.X, y.Y);
    const shares = g.mul(dy.Y, reciprocalCounts(context, window));
    const tiled = window.kernel.every((size, axis) =>
      size === window.strides[axis] && window.dilations[axis] === 1 &&
      window.before[axis] === 0 && window.after[axis] === 0
    );
    return tiled
      ? repeated(g, shares, dimsOf(x.X), window)
      : overlapped(g, shares, dimsOf(x.X), window);
  },
};

/** One divided by how many elements each window averages over, `[1, 1, ...]`. */
function reciprocalCounts({ g, dy, node }: RuleContext<"AveragePool">, window: Window): Value {
  const padded = node.int("count_include_pad", 0) === 1;
  const perAxis = window.input.map((size, axis) => {
    const [stride, dilation] = [window.strides[axis]!, window.dilations[axis]!];
    const [low, high] = padded ? [-window.before[axis]!, size + window.after[axis]!] : [0, size];
    return Array.from({ length: window.output[axis]! }, (_, o) => {
      const start = o * stride - window.before[axis]!;
      let count = 0;
      for (let k = 0; k < window.kernel[axis]!; k++) {
        const at = start + k * dilation;
        if (at >= low && at < high) count++;
      }
      return count;
    });
  });
  const counts = perAxis.reduce<number[]>(
    (product, axis) => product.flatMap((known) => axis.map((count) => known * count)),
    [1],
  );
  const inverses = counts.map((count) => 1 / Math.max(count, 1));
  const uniform = inverses.every((inverse) => inverse === inverses[0]);
  return uniform
    ? g.scalar(inverses[0]!, dy.Y)
    : g.constant(tensor(dy.Y.type!, [1, 1, ...window.output], inverses));
}

/** Windows side by side: each element of `dy` repeated over its window, zeros where none reaches. */
function repeated(g: Builder, dy: Value, shape: readonly number[], window: Window): Value {
  const lead = shape.slice(0, 2);
  const thin = [...lead, ...window.output.flatMap((size) => [size, 1])];
  const wide = [...lead, ...window.output.flatMap((size, axis) => [size, window.kernel[axis]!])];
  const covered = [...lead, ...window.output.map((size, axis) => size * window.kernel[axis]!)];
  const filled = g.reshape(g.expand(g.reshape(dy, thin), wide), covered);
  return g.pad(filled, shape.map(() => 0), shape.map((dim, axis) => dim - covered[axis]!));
}

/** Windows that overlap: a transposed convolution with ones, channel by channel. */
function overlapped(g: Builder, dy: Value, shape: readonly number[], window: Window): Value {
  const images = shape[0]! * shape[1]!;
  const ones = g.constant(
    tensor(dy.type!, [1, 1, ...window.kernel], new Array<number>(sizeOf(window.kernel)).fill(1)),
  );
  const reach = extents(window);
  const full = window.output.map((size, axis) => (size - 1) * window.strides[axis]! + reach[axis]!);
  const laid = g.op("ConvTranspose", [g.reshape(dy, [images, 1, ...window.output]), ones], [
    images,
    1,
    ...full,
  ], { strides: window.strides, dilations: window.dilations, kernel_shape: window.kernel });
  const before = [0, 0, ...window.before.map((pad) => -pad)];
  const after = [
    0,
    0,
    ...window.input.map((size, axis) => size + window.before[axis]! - full[axis]!),
  ];
  return g.reshape(g.pad(laid, before, after), shape);
}

/** The mean over all positions: every element gets its share. */
export const globalAveragePool: GradRule<"GlobalAveragePool"> = {
  X: ({ g, x, dy }) => {
    const shape = dimsOf(x.X);
    return g.expand(g.scale(dy.Y, 1 / sizeOf(shape.slice(2))), shape);
  },
};

/** The largest over all positions: its gradient goes to the first place where it stands. */
export const globalMaxPool: GradRule<"GlobalMaxPool"> = {
  X: ({ g, x, dy }) => {
    const [images, channels, ...spatial] = dimsOf(x.X) as [number, number, ...number[]];
    const flat = [images, channels, sizeOf(spatial)];
    const first = [images, channels, 1];
    const at = g.op("ArgMax", [g.reshape(x.X, flat)], first, { axis: 2, keepdims: 1 }, "int64");
    const zeros = g.full(flat, 0, dy.Y.type!);
    return g.reshape(g.scatterAdd(zeros, at, g.reshape(dy.Y, first), 2), dimsOf(x.X));
  },
};

/** Y = (Σ|X|^p)^(1/p) over all positions, so dX = dY·sign(X)·|X|^(p−1)·Y^(1−p), 0 where Y is 0. */
export const globalLpPool: GradRule<"GlobalLpPool"> = {
  X: ({ g, x, y, dy, node }) => {
    const p = node.int("p", 2);
    return g.mul(powerSlope(g, x.X, p), g.expand(share(g, dy.Y, y.Y, p), dimsOf(x.X)));
  },
};

/** The same over windows. */
export const lpPool: GradRule<"LpPool"> = {
  X: ({ g, x, y, dy, node }) => {
    const p = node.int("p", 2);
    const spread = overlapped(g, share(g, dy.Y, y.Y, p), dimsOf(x.X), windowOf(node, x.X, y.Y));
    return g.mul(powerSlope(g, x.X, p), spread);
  },
};

/** sign(x)·|x|^(p−1). */
function powerSlope(g: Builder, x: Value, p: number): Value {
  if (p === 2) return x;
  const sign = g.unary("Sign", x);
  return p === 1 ? sign : g.mul(sign, g.pow(g.unary("Abs", x), g.scalar(p - 1, x)));
}

/** dy·y^(1−p), 0 where y is 0. */
function share(g: Builder, dy: Value, y: Value, p: number): Value {
  if (p === 1) return dy;
  const isZero = g.compare("Equal", y, g.scalar(0, y));
  const safe = g.where(isZero, g.scalar(1, y), y);
  const kept = g.where(isZero, g.scalar(0, dy), dy);
  return g.div(kept, p === 2 ? safe : g.pow(safe, g.scalar(p - 1, safe)));
}

/** Elements at their places among zeros: each gets the gradient of its place. */
export const maxUnpool: GradRule<"MaxUnpool"> = {
  X: ({ g, x, dy }) => {
    const flat = g.reshape(dy.output, [sizeOf(dimsOf(dy.output))]);
    const places = g.reshape(x.I, [sizeOf(dimsOf(x.I))]);
    return g.reshape(g.gather(flat, places, 0), dimsOf(x.X));
  },
  I: stop("integer positions have no derivative"),
  output_shape: stop("sizes have no derivative"),
};
