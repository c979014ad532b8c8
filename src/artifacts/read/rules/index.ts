import { dimsOf, typeOf } from "../../../autodiff/builder.ts";
import { numbersOf } from "../../../autodiff/constant.ts";
import { positiveAxis } from "../../../tensor/shape.ts";
import { byRule, standIn } from "../by_rule.ts";
import { floats, like, lowering } from "../lowering.ts";

/** Zeros of `shape` with dY added at `indices` along `axis`. */
export const gatherGrad = lowering(["shape", "indices", "dY"], ({ g, node, x }) => {
  const shape = numbersOf(x.shape, node);
  const axis = positiveAxis(node.int("axis", 0), shape.length);
  const read = [...shape.slice(0, axis), ...dimsOf(x.indices), ...shape.slice(axis + 1)];
  const output = floats(x.dY, read);
  const data = standIn(typeOf(output), shape);
  return [byRule("Gather", "data", { g, node, x: { data, indices: x.indices }, dy: { output } })];
});

/** Zeros of `shape` with dY added at `indices`, element by element. */
export const gatherElementsGrad = lowering(["dY", "shape", "indices"], ({ g, node, x }) => {
  const output = floats(x.dY, dimsOf(x.indices));
  const data = standIn(typeOf(output), numbersOf(x.shape, node));
  const parts = { g, node, x: { data, indices: x.indices }, dy: { output } };
  return [byRule("GatherElements", "data", parts)];
});

/** Zeros of `shape` with the updates added at tuples of indices. */
export const gatherNDGrad = lowering(["shape", "indices", "update"], ({ g, node, x }) => {
  const shape = numbersOf(x.shape, node);
  const tuples = dimsOf(x.indices);
  const rest = shape.slice(node.int("batch_dims", 0) + tuples.at(-1)!);
  const output = floats(x.update, [...tuples.slice(0, -1), ...rest]);
  const data = standIn(typeOf(output), shape);
  return [byRule("GatherND", "data", { g, node, x: { data, indices: x.indices }, dy: { output } })];
});

/** Zeros of `shape` with dY in the place of the slice. */
export const sliceGrad = lowering(
  ["dY", "shape", "starts", "ends", "axes?", "steps?"],
  ({ g, node, x }) => {
    const shape = numbersOf(x.shape, node);
    const numbers = (value: typeof x.axes) => value && numbersOf(value, node);
    const [starts, ends] = [numbersOf(x.starts, node), numbersOf(x.ends, node)];
    const axes = numbers(x.axes) ?? starts.map((_, axis) => axis);
    const steps = numbers(x.steps) ?? starts.map(() => 1);
    const read = [...shape];
    axes.forEach((axis, i) => {
      const at = positiveAxis(axis, shape.length);
      read[at] = sliceLength(shape[at]!, starts[i]!, ends[i]!, steps[i]!);
    });
    const output = floats(x.dY, read);
    const data = standIn(typeOf(output), shape);
    const given = { data, starts: x.starts, ends: x.ends, axes: x.axes, steps: x.steps };
    return [byRule("Slice", "data", { g, node, x: given, dy: { output } })];
  },
);

/** How many elements of an axis a slice takes; bounds count from the end where negative. */
function sliceLength(size: number, start: number, end: number, step: number): number {
  const clamp = (at: number, low: number, high: number) =>
    Math.min(Math.max(at < 0 ? at + size : at, low), high);
  const [first, last] = step > 0
    ? [clamp(start, 0, size), clamp(end, 0, size)]
    : [clamp(start, 0, size - 1), clamp(end, -1, size - 1)];
  return Math.max(0, Math.ceil((last - first) / step));
}

/** dX = mask·dY/(1 − ratio); the ratio is 0.5 where it is left out. */
export const dropoutGrad = lowering(
  ["dY", "mask", "ratio?", "training_mode?"],
  ({ g, x }) => {
    const dy = floats(x.dY, dimsOf(x.mask));
    const ratio = x.ratio ? g.cast(g.reshape(x.ratio, []), typeOf(dy)) : g.scalar(0.5, dy);
    const kept = g.where(x.mask, dy, g.scalar(0, dy));
    const scaled = g.div(kept, g.sub(g.scalar(1, dy), ratio));
    return [g.where(g.compare("Equal", ratio, g.scalar(0, ratio)), dy, scaled)];
  },
);

/** dY where the number was in range when it was quantised. */
export const fakeQuantGrad = lowering(["dY", "mask"], ({ g, x }) => {
  const dy = floats(x.dY, dimsOf(x.mask));
  return [like(g.where(x.mask, dy, g.scalar(0, dy)), dy)];
});
