import type { Value } from "../onnx/graph.ts";
import { sizeOf } from "../tensor/shape.ts";
import { tensor } from "../tensor/tensor.ts";
import { type Builder, dimsOf } from "./builder.ts";

/** Slices of a tensor that tuples of indices choose, as rows of a matrix. */
export interface ChosenRows {
  /** How many slices there are. */
  readonly rows: number;
  /** Elements in each. */
  readonly size: number;
  /** How many are chosen. */
  readonly count: number;
  /** The row of each chosen one in all its columns, `[count, size]`. */
  readonly places: Value;
}

/** Index tuples `[…, depth]` into `shape`, behind `batch` axes that both share; negative ones from the end. */
export function chosenRows(
  g: Builder,
  indices: Value,
  shape: readonly number[],
  batch = 0,
): ChosenRows {
  const tuples = dimsOf(indices);
  const depth = tuples.at(-1)!;
  const chosen = shape.slice(batch, batch + depth);
  const strides = chosen.map((_, axis) => sizeOf(chosen.slice(axis + 1)));
  const sizes = g.integers(chosen);
  const fromStart = g.op("Mod", [g.add(indices, sizes), sizes], tuples);
  const own = g.reduceSum(g.mul(fromStart, g.integers(strides)), [tuples.length - 1], false);
  const all = batch === 0 ? own : g.add(own, batchStarts(g, tuples, batch, sizeOf(chosen)));
  const size = sizeOf(shape.slice(batch + depth));
  const count = sizeOf(tuples.slice(0, -1));
  const places = g.expand(g.reshape(all, [count, 1]), [count, size]);
  return { rows: sizeOf(shape.slice(0, batch + depth)), size, count, places };
}

/** The first row of each entry of the batch. */
function batchStarts(g: Builder, tuples: readonly number[], batch: number, rows: number): Value {
  const lead = tuples.slice(0, batch);
  const starts = Array.from({ length: sizeOf(lead) }, (_, entry) => entry * rows);
  return g.constant(tensor("int64", [...lead, ...tuples.slice(batch, -1).map(() => 1)], starts));
}
