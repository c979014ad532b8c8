import { positiveAxis } from "../../tensor/shape.ts";
import type { Value } from "../../onnx/graph.ts";
import { type Builder, dimsOf } from "../builder.ts";
import { axesOf, numbersOf } from "../constant.ts";
import { type GradRule, stop } from "../rule.ts";

const sizes = stop("sizes and positions have no derivative");

/** The inputs one after the other along `axis`: each gets its own slice back. */
export const concat: GradRule<"Concat"> = {
  inputs: ({ g, x, dy, node, index }) => {
    const axis = positiveAxis(node.int("axis", 0), dimsOf(dy.concat_result).length);
    const start = x.inputs.slice(0, index).reduce((sum, value) => sum + dimsOf(value)[axis]!, 0);
    const end = start + dimsOf(x.inputs[index]!)[axis]!;
    return g.slice(dy.concat_result, [axis], [start], [end]);
  },
};

/** The parts of `input` along `axis`: their gradients one after the other. */
export const split: GradRule<"Split"> = {
  input: ({ g, dys, node }) => g.concat(dys, node.int("axis", 0)),
  split: sizes,
};

/** Elements `starts`, `starts + steps`, … of `data`: put back between zeros. */
export const slice: GradRule<"Slice"> = {
  data: ({ g, x, dy, node }) => {
    const shape = dimsOf(x.data);
    const starts = numbersOf(x.starts, node);
    const steps = x.steps ? numbersOf(x.steps, node) : starts.map(() => 1);
    const axes = x.axes ? axesOf(x.axes, x.data, node) : starts.map((_, axis) => axis);
    let gradient = dy.output;
    axes.forEach((axis, i) => {
      const first = firstOf(starts[i]!, steps[i]!, shape[axis]!);
      gradient = spread(g, gradient, axis, first, steps[i]!, shape[axis]!);
    });
    return gradient;
  },
  starts: sizes,
  ends: sizes,
  axes: sizes,
  steps: sizes,
};

/** Zeros (or edge or mirrored elements) around `data`; negative pads cut. */
export const pad: GradRule<"Pad"> = {
  data: ({ g, x, dy, node }) => {
    const rank = dimsOf(x.data).length;
    const given = numbersOf(x.pads, node);
    const axes = x.axes ? axesOf(x.axes, x.data, node) : dimsOf(x.data).map((_, axis) => axis);
    const before = new Array<number>(rank).fill(0);
    const after = new Array<number>(rank).fill(0);
    axes.forEach((axis, i) => {
      before[axis] = given[i]!;
      after[axis] = given[i + axes.length]!;
    });
    const mode = node.string("mode", "constant");
    if (mode === "constant") return g.pad(dy.output, before.map((n) => -n), after.map((n) => -n));
    return copied(g, dy.output, dimsOf(x.data), before, mode);
  },
  pads: sizes,
  constant_value: stop("the value around the data is a setting"),
  axes: sizes,
};

/** The same elements in another shape. */
export const reshape: GradRule<"Reshape"> = {
  data: ({ g, x, dy }) => g.reshape(dy.reshaped, dimsOf(x.data)),
  shape: sizes,
};

/** The same elements as a matrix. */
export const flatten: GradRule<"Flatten"> = {
  input: ({ g, x, dy }) => g.reshape(dy.output, dimsOf(x.input)),
};

/** The same elements without axes of size 1. */
export const squeeze: GradRule<"Squeeze"> = {
  data: ({ g, x, dy }) => g.reshape(dy.squeezed, dimsOf(x.data)),
  axes: sizes,
};

/** The same elements with more axes of size 1. */
export const unsqueeze: GradRule<"Unsqueeze"> = {
  data: ({ g, x, dy }) => g.reshape(dy.expanded, dimsOf(x.data)),
  axes: sizes,
};

/** Axes in another order: the gradient's go back by the inverse permutation. */
export const transpose: GradRule<"Transpose"> = {
  data: ({ g, x, dy, node }) => {
    const order = node.ints("perm") ?? dimsOf(x.data).map((_, axis) => axis).reverse();
    return g.transpose(dy.transposed, order.map((_, axis) => order.indexOf(axis)));
  },
};

/** `input` repeated by broadcasting; the walker adds the copies up. */
export const expand: GradRule<"Expand"> = { input: ({ dy }) => dy.output, shape: sizes };

/** output = data[indices] along `axis`; a position read twice gets the sum. */
export const gather: GradRule<"Gather"> = {
  data: ({ g, x, dy, node }) => {
    const shape = dimsOf(x.data);
    const axis = positiveAxis(node.int("axis", 0), shape.length);
    const count = dimsOf(x.indices).reduce((product, dim) => product * dim, 1);
    const flat = [...shape.slice(0, axis), count, ...shape.slice(axis + 1)];
    const column = shape.map((_, at) => at === axis ? count : 1);
    const indices = g.expand(g.reshape(x.indices, column), flat);
    const zeros = g.full(shape, 0, dy.output.type!);
    return g.scatterAdd(zeros, indices, g.reshape(dy.output, flat), axis);
  },
  indices: stop("integer positions have no derivative"),
};

/** output[i][j] = data[indices[i][j]][j] and so on along `axis`; repeated positions add up. */
export const gatherElements: GradRule<"GatherElements"> = {
  data: ({ g, x, dy, node }) => {
    const axis = positiveAxis(node.int("axis", 0), dimsOf(x.data).length);
    const zeros = g.full(dimsOf(x.data), 0, dy.output.type!);
    return g.scatterAdd(zeros, x.indices, dy.output, axis);
  },
  indices: stop("integer positions have no derivative"),
};

/** The first element of a slice, brought into the axis as ONNX does. */
function firstOf(start: number, step: number, size: number): number {
  const from = Math.max(start < 0 ? start + size : start, 0);
  return Math.min(from, step > 0 ? size : size - 1);
}

/** `gradient` laid out along an axis of `size` at `first`, `first + step`, …, zeros elsewhere. */
function spread(
  g: Builder,
  gradient: Value,
  axis: number,
  first: number,
  step: number,
  size: number,
): Value {
  const shape = dimsOf(gradient);
  const count = shape[axis]!;
  const ahead = (number: number) => shape.map((_, at) => at === axis ? number : 0);
  if (count === 0) {
    return g.full(shape.map((dim, at) => at === axis ? size : dim), 0, gradient.type!);
  }
  const low = step > 0 ? first : first + (count - 1) * step;
  const rising = step > 0 ? gradient : g.slice(gradient, [axis], [count - 1], [-1], [-1]);
  const stride = Math.abs(step);
  const wide = stride === 1 ? rising : dilated(g, rising, axis, stride);
  const used = stride === 1 ? count : count * stride;
  return g.pad(wide, ahead(low), ahead(size - low - used));
}

/** Each element along `axis` followed by `stride − 1` zeros. */
function dilated(g: Builder, x: Value, axis: number, stride: number): Value {
  const shape = dimsOf(x);
  const split = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
  const behind = split.map((_, at) => at === axis + 1 ? stride - 1 : 0);
  const padded = g.pad(g.reshape(x, split), split.map(() => 0), behind);
  return g.reshape(padded, shape.map((dim, at) => at === axis ? dim * stride : dim));
}

/** Padding with copies of elements, axis by axis: what lies outside is added back where it came from. */
function copied(
  g: Builder,
  dy: Value,
  shape: readonly number[],
  before: readonly number[],
  mode: string,
): Value {
  let gradient = dy;
  shape.forEach((size, axis) => {
    const length = dimsOf(gradient)[axis]!;
    if (length === size && before[axis] === 0) return;
    const sources = Array.from({ length }, (_, i) => source(i - before[axis]!, size, mode));
    const column = dimsOf(gradient).map((_, at) => at === axis ? length : 1);
    const indices = g.expand(g.reshape(g.integers(sources), column), dimsOf(gradient));
    const target = dimsOf(gradient).map((dim, at) => at === axis ? size : dim);
    gradient = g.scatterAdd(g.full(target, 0, dy.type!), indices, gradient, axis);
  });
  return gradient;
}

/** The position inside an axis of `size` that position `at`, perhaps outside, is a copy of. */
function source(at: number, size: number, mode: string): number {
  if (mode === "edge") return Math.min(Math.max(at, 0), size - 1);
  if (mode === "wrap") return ((at % size) + size) % size;
  const period = Math.max(1, 2 * (size - 1));
  const folded = ((at % period) + period) % period;
  return folded < size ? folded : period - folded;
}
