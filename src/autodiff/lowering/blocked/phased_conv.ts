import type { Node, Value } from "../../../onnx/graph.ts";
import { dimsOf } from "../../builder.ts";
import { BLOCKED_DOMAIN, type BlockedValues, type Finish } from "./blocked_values.ts";
import { turnedDenseFilters } from "./filters.ts";

/** What one residue of the output's places along an axis is made of. */
interface Phase {
  /** First tap of the window that reaches these places; the others follow a stride apart. */
  readonly first: number;
  /** How many taps reach them. */
  readonly taps: number;
  /** Padding before, of the convolution by these taps. */
  readonly before: number;
  /** Padding after. */
  readonly after: number;
}

/**
 * Whether a transposed convolution of one group falls apart into plain ones: strides that divide the
 * output, channels that fill blocks, and no place that lies outside what is put in.
 */
export function isPhased({ block }: BlockedValues, node: Node): boolean {
  if (node.opType !== "ConvTranspose" || node.int("group", 1) !== 1 || node.inputs[2]) return false;
  if (node.ints("dilations")?.some((dilation) => dilation !== 1)) return false;
  const [inputs, outputs] = dimsOf(node.inputs[1]!) as [number, number];
  const sizes = dimsOf(node.outputs[0]!).slice(2);
  const strides = node.ints("strides") ?? [1, 1];
  return inputs % block === 0 && outputs % block === 0 &&
    strides.some((stride) => stride > 1) &&
    sizes.every((size, axis) => size % strides[axis]! === 0) &&
    phasesOf(node).flat().every(({ taps, before, after }) => !taps || before >= 0 && after >= 0);
}

/**
 * A transposed convolution with strides: the places of the output that are alike modulo the strides
 * are one plain convolution by every stride-th tap of the window. Nothing is multiplied by zeros that
 * lie between, and nothing is laid out in memory; the parts are put together at the end.
 */
export function phasedConv(values: BlockedValues, node: Node, { sum, activation }: Finish): Value {
  const { g, block } = values;
  const [images, channels, height, width] = dimsOf(node.outputs[0]!) as [
    ...[number, number, number, number],
  ];
  const [rows, columns] = phasesOf(node) as [Phase[], Phase[]];
  const places = [height / rows.length, width / columns.length] as const;
  const whole = [images * channels / block, places[0], 1, places[1], block];
  const lines = rows.map((row) => {
    const parts = columns.map((column) => {
      const part = row.taps * column.taps === 0
        ? g.full([images, channels, ...places], 0, "float32")
        : partOf(values, node, [row, column], places);
      return g.reshape(part, whole);
    });
    return g.reshape(g.concat(parts, 4), [...whole.slice(0, 3), width * block]);
  });
  const joined = g.reshape(g.concat(lines, 2), [images, channels, height, width]);
  const summed = sum ? g.add(joined, sum) : joined;
  return activation ? g.unary(activation, summed) : summed;
}

/** The places of one phase each way. */
function partOf(
  values: BlockedValues,
  node: Node,
  phases: readonly [Phase, Phase],
  places: readonly [number, number],
): Value {
  const [x, weight] = node.inputs as [Value, Value];
  const strides = node.ints("strides") ?? [1, 1];
  const [, channels, , width] = dimsOf(weight) as [number, number, number, number];
  const [images] = dimsOf(x) as [number];
  // Backwards, as a convolution reads them.
  const [down, across] = phases.map(({ first, taps }, axis) =>
    Array.from({ length: taps }, (_, at) => first + (taps - 1 - at) * strides[axis]!)
  ) as [number[], number[]];
  const window = [down.length, across.length];
  const taps = down.flatMap((row) => across.map((column) => row * width + column));
  const filters = turnedDenseFilters(values, weight, { taps, window });
  return values.g.op(
    "Conv",
    [values.of(x), filters],
    [images, channels, ...places],
    {
      group: 1,
      kernel_shape: window,
      strides: [1, 1],
      dilations: [1, 1],
      pads: [...phases.map(({ before }) => before), ...phases.map(({ after }) => after)],
    },
    "float32",
    BLOCKED_DOMAIN,
  );
}

/** The phases along each axis: place p is reached from input q by tap u where q·stride + u − pad = p. */
function phasesOf(node: Node): Phase[][] {
  const [input, output] = [node.inputs[0]!, node.outputs[0]!].map((one) => dimsOf(one).slice(2));
  const pads = node.ints("pads") ?? [0, 0, 0, 0];
  return dimsOf(node.inputs[1]!).slice(2).map((size, axis) => {
    const stride = node.ints("strides")?.[axis] ?? 1;
    return Array.from({ length: stride }, (_, at) => {
      const first = (at + pads[axis]!) % stride;
      const taps = Math.max(0, Math.ceil((size - first) / stride));
      const before = taps - 1 - (at + pads[axis]! - first) / stride;
      const after = output![axis]! / stride - 1 + taps - input![axis]! - before;
      return { first, taps, before, after };
    });
  });
}
