import type { Node, Value } from "../../../onnx/graph.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { dimsOf } from "../../builder.ts";
import { originOf } from "../turned_filters.ts";
import { isPhased, phasedConv } from "./phased_conv.ts";
import { BLOCKED_DOMAIN, type BlockedValues, type Finish, type Pending } from "./blocked_values.ts";

/** With fewer places in all images reordering a large weight costs more than the kernel saves. */
const FEWEST_PLACES = 256;

/** Whether the runtime's blocked kernel is the faster one for a convolution. */
export function paysBlocked(values: BlockedValues, node: Node): boolean {
  if (node.opType !== "Conv" && node.opType !== "ConvTranspose") return false;
  const [x, weight] = node.inputs as [Value, Value];
  if (weight.constant || dimsOf(x).length !== 4 || x.type !== "float32") return false;
  if (node.opType === "ConvTranspose") {
    return isPhased(values, node) ||
      isDepthwise(values, node) && transposedPads(node).every((pad) => pad >= 0);
  }
  return node.int("group", 1) === 1 ? paysDense(values, node) : isDepthwise(values, node);
}

/** The blocked form of what a convolution puts out. */
export function blockedConv(values: BlockedValues, node: Node): Pending {
  if (node.opType === "Conv") return (finish) => convolved(values, node, finish);
  return isPhased(values, node)
    ? (finish) => phasedConv(values, node, finish)
    : (finish) => transposed(values, node, finish);
}

/** How `blockedDense` convolves. */
interface DenseOptions {
  /** Window. */
  readonly kernel: readonly number[];
  /** Zeros before and after each axis. */
  readonly pads: readonly number[];
  /** Shape of the result. */
  readonly shape: readonly number[];
}

/** A convolution of one group and stride 1 by filters in blocked form; channels fill their blocks. */
export function blockedDense(
  { g }: BlockedValues,
  blocked: Value,
  filters: Value,
  { kernel, pads, shape }: DenseOptions,
): Value {
  const attributes = { kernel_shape: kernel, strides: [1, 1], dilations: [1, 1], pads, group: 1 };
  return g.op("Conv", [blocked, filters], shape, attributes, "float32", BLOCKED_DOMAIN);
}

function convolved(
  values: BlockedValues,
  node: Node,
  { sum, activation }: Finish,
): Value {
  const [x, weight] = node.inputs as [Value, Value];
  const groups = node.int("group", 1);
  const { g } = values;
  const [images, filters, ...places] = dimsOf(node.outputs[0]!) as [number, number, ...number[]];
  const bias = node.inputs[2] && padTo(values, node.inputs[2]);
  const isStem = groups === 1 && dimsOf(x)[1]! < values.block;
  const filled = isStem
    ? stemFilters(values, weight)
    : groups === 1
    ? denseFilters(values, weight)
    : values.filters(weight);
  const inputs = [isStem ? x : values.of(x), filled, bias, sum];
  return g.op(
    "Conv",
    inputs,
    [images, values.padded(filters), ...places],
    {
      group: groups,
      kernel_shape: dimsOf(weight).slice(2),
      strides: node.ints("strides") ?? [1, 1],
      dilations: node.ints("dilations") ?? [1, 1],
      pads: node.ints("pads") ?? [0, 0, 0, 0],
      activation,
    },
    "float32",
    BLOCKED_DOMAIN,
  );
}

/**
 * One filter a channel, transposed: zeros put between the elements, then convolved with the filters
 * turned around. The plain kernel goes through a matrix product of one row a channel.
 */
function transposed(
  values: BlockedValues,
  node: Node,
  { sum, activation }: Finish,
): Value {
  const { g, block } = values;
  const [x, weight] = node.inputs as [Value, Value];
  const [images, channels, height, width] = dimsOf(x) as [number, number, number, number];
  const [down, across] = (node.ints("strides") ?? [1, 1]) as [number, number];
  const apart = g.reshape(values.of(x), [images * channels / block, height, 1, width, block]);
  const spread = g.pad(apart, [0, 0, 0, 0, 0], [0, 0, down - 1, 0, (across - 1) * block]);
  const window = dimsOf(weight).slice(2);
  const places = Array.from({ length: sizeOf(window) }, (_, i) => sizeOf(window) - 1 - i);
  const flat = g.reshape(weight, [channels, places.length]);
  const turned = g.reshape(g.gather(flat, g.integers(places), 1), dimsOf(weight));
  const inputs = [
    g.reshape(spread, [images, channels, height * down, width * across]),
    values.filters(turned),
    node.inputs[2],
    sum,
  ];
  return g.op(
    "Conv",
    inputs,
    dimsOf(node.outputs[0]!),
    {
      group: channels,
      kernel_shape: window,
      strides: [1, 1],
      dilations: node.ints("dilations") ?? [1, 1],
      pads: transposedPads(node),
      activation,
    },
    "float32",
    BLOCKED_DOMAIN,
  );
}

/** Paddings of that convolution, which the zeros after the last row and column are a part of. */
function transposedPads(node: Node): number[] {
  const [input, output] = [node.inputs[0]!, node.outputs[0]!].map((one) => dimsOf(one).slice(2));
  const pads = node.ints("pads") ?? [0, 0, 0, 0];
  const before = dimsOf(node.inputs[1]!).slice(2).map((size, axis) =>
    (size - 1) * (node.ints("dilations")?.[axis] ?? 1) - pads[axis]!
  );
  const after = output!.map((size, axis) =>
    size - input![axis]! * (node.ints("strides")?.[axis] ?? 1) + pads[axis]!
  );
  return [...before, ...after];
}

/** One filter a channel: the plain kernel for weights that change is several times slower. */
function isDepthwise({ block }: BlockedValues, node: Node): boolean {
  const [filters, each] = dimsOf(node.inputs[1]!) as [number, number];
  return each === 1 && filters === node.int("group", 1) && filters % block === 0;
}

/**
 * Windows of more than one element: the plain kernel lays every window out in memory, the blocked
 * one does not.
 */
function paysDense({ block }: BlockedValues, node: Node): boolean {
  const weight = dimsOf(node.inputs[1]!);
  const [filters, channels, ...window] = weight as [number, number, ...number[]];
  const [images, , ...places] = dimsOf(node.outputs[0]!) as [number, number, ...number[]];
  if (filters < block || channels % 4 !== 0 && channels > block) return false;
  if (channels < block) return filters % block === 0 && sizeOf(window) > 1;
  const count = images * sizeOf(places);
  const isCheap = count >= FEWEST_PLACES || sizeOf(weight) <= count * (channels + filters);
  return sizeOf(window) <= 49 && isCheap;
}

/**
 * `[O, C, h, w]` as the blocked kernel reads it: `[O/block, C/block, h, w, block of C, block of O]`.
 * By exchanges of two neighbours only, which the runtime does many times faster than any other order.
 */
function denseFilters(values: BlockedValues, weight: Value): Value {
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
function stemFilters({ g, block }: BlockedValues, weight: Value): Value {
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

function padTo(values: BlockedValues, bias: Value): Value {
  const [filters] = dimsOf(bias) as [number];
  return values.g.pad(bias, [0], [values.padded(filters) - filters]);
}
