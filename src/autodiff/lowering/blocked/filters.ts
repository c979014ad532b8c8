import type { Value } from "../../../onnx/graph.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { dimsOf } from "../../builder.ts";
import { originOf } from "../turned_filters.ts";
import { BLOCKED_DOMAIN, type BlockedValues } from "./blocked_values.ts";

/**
 * `[O, C, h, w]` as the blocked kernel reads it: `[O/block, C/block, h, w, block of C, block of O]`.
 * By the reorderings that pictures go through, which the runtime does in all threads, where a
 * transposition takes one.
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
  const byFilter = values.reordered(g.reshape(whole, [1, outputs, inputs, taps]));
  if (taps === 1) return g.reshape(byFilter, [outputs, inputs, ...window]);
  const parts = outputs / block * inputs / block;
  return g.reshape(blocksExchanged(values, byFilter, [parts, taps]), [outputs, inputs, ...window]);
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

/**
 * Filters `[O, C, h, w]`, inputs and outputs exchanged, of some of their window's elements:
 * `[C/block, O/block, taps, block of O, block of C]`.
 */
export function turnedDenseFilters(
  values: BlockedValues,
  weight: Value,
  { taps, window }: TakenTaps,
): Value {
  const { g, block } = values;
  const [filters, channels, ...whole] = dimsOf(weight) as [number, number, ...number[]];
  const count = sizeOf(whole);
  const shape = [channels, filters, ...window];
  if (count === 1) {
    const pixels = g.reshape(weight, [1, filters, 1, channels]);
    return g.reshape(values.reordered(pixels, { from: "channelsLast" }), shape);
  }
  const [outer, inner] = [filters / block, channels / block];
  // `[O/block, C/block, all taps, block of O, block of C]`, of which squares of a block are gathered.
  const squares = g.reshape(blocksExchanged(values, values.of(weight), [outer, inner * count]), [
    outer * inner * count,
    block * block,
  ]);
  const places = Array.from({ length: inner * outer * taps.length }, (_, at) => {
    const pair = Math.floor(at / taps.length);
    const [part, filter] = [Math.floor(pair / outer), pair % outer];
    return (filter * inner + part) * count + taps[at % taps.length]!;
  });
  return g.reshape(g.gather(squares, g.integers(places), 0), [channels, filters, ...window]);
}

/** `[a, block, b, block]` as `[a, b, block, block]`: what pictures are when their channels are put last. */
function blocksExchanged(
  { g, block }: BlockedValues,
  value: Value,
  [a, b]: readonly [number, number],
): Value {
  const pictures = g.reshape(value, [a, block * block, b, 1]);
  const attributes = { channels: block * block, channels_last: 1 };
  const shape = [a, b, 1, block * block];
  return g.op("ReorderOutput", [pictures], shape, attributes, "float32", BLOCKED_DOMAIN);
}
