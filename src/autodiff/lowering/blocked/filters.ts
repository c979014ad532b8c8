import type { Value } from "../../../onnx/graph.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { dimsOf } from "../../builder.ts";
import { originOf } from "../turned_filters.ts";
import type { BlockedValues } from "./blocked_values.ts";

/**
 * `[O, C, h, w]` as the blocked kernel reads it: `[O/block, C/block, h, w, block of C, block of O]`.
 * By exchanges of two neighbours only, which the runtime does many times faster than any other order.
 */
export function denseFilters(values: BlockedValues, weight: Value): Value {
  const { g, block } = values;
  const origin = originOf(weight);
  if (origin && dimsOf(weight).slice(0, 2).every((size) => size % block === 0)) {
    const window = dimsOf(origin).slice(2);
    const taps = Array.from({ length: sizeOf(window) }, (_, at) => sizeOf(window) - 1 - at);
    return turnedDenseFilters(values, origin, { taps, window });
  }
  const [filters, channels, ...window] = dimsOf(weight) as [number, number, ...number[]];
  const [outputs, inputs] = [values.padded(filters), values.padded(channels)];
  const whole = g.pad(weight, [0, 0, 0, 0], [outputs - filters, inputs - channels, 0, 0]);
  const taps = sizeOf(window);
  const rows = g.reshape(whole, [outputs / block, block, inputs * taps]);
  const byFilter = g.transpose(rows, [0, 2, 1]);
  const apart = g.reshape(byFilter, [outputs / block * inputs / block, block, taps, block]);
  return g.reshape(g.transpose(apart, [0, 2, 1, 3]), [outputs, inputs, ...window]);
}

/** Filters of fewer channels than a block, which are read plain: `[O/block, C, h, w, block of O]`. */
export function stemFilters({ g, block }: BlockedValues, weight: Value): Value {
  const [filters, channels, ...window] = dimsOf(weight) as [number, number, ...number[]];
  const rows = g.reshape(weight, [filters / block, block, channels * sizeOf(window)]);
  return g.reshape(g.transpose(rows, [0, 2, 1]), dimsOf(weight));
}

/** Which part of a window is taken. */
interface TakenTaps {
  /** Places in the window of the filters, row by row. */
  readonly taps: readonly number[];
  /** The window that these make. */
  readonly window: readonly number[];
}

/** Filters `[O, C, h, w]`, inputs and outputs exchanged, of some of their window's elements. */
export function turnedDenseFilters(
  { g, block }: BlockedValues,
  weight: Value,
  { taps, window }: TakenTaps,
): Value {
  const [filters, channels, ...whole] = dimsOf(weight) as [number, number, ...number[]];
  const count = sizeOf(whole);
  const byChannel = g.transpose(g.reshape(weight, [filters, channels * count]), [1, 0]);
  const rows = g.reshape(byChannel, [channels / block, block, count * filters]);
  const parts = filters / block;
  const blocks = g.reshape(g.transpose(rows, [0, 2, 1]), [
    channels / block,
    count * parts,
    block * block,
  ]);
  const places = Array.from(
    { length: parts * taps.length },
    (_, at) => taps[at % taps.length]! * parts + Math.floor(at / taps.length),
  );
  return g.reshape(g.gather(blocks, g.integers(places), 1), [channels, filters, ...window]);
}
