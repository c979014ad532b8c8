import type { Node, Value } from "../../../onnx/graph.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { dimsOf } from "../../builder.ts";
import { denseFilters, stemFilters } from "./filters.ts";
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

function padTo(values: BlockedValues, bias: Value): Value {
  const [filters] = dimsOf(bias) as [number];
  return values.g.pad(bias, [0], [values.padded(filters) - filters]);
}
