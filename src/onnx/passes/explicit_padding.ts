import { int, ints, string } from "../attribute.ts";
import type { Graph, Node, Value } from "../graph.ts";

/**
 * Gives every convolution and pooling node all of its attributes: `auto_pad` becomes explicit `pads`
 * and defaults are filled in, for 1 to 3 spatial axes. Call it after `normalise`, with the sizes of
 * the spatial axes known (`value.shape`) where `auto_pad` or `output_shape` depends on them. Throws
 * `TypeError` where a needed size is not known.
 */
export function explicitPadding(graph: Graph): void {
  for (const node of graph.nodes) {
    if (node.domain !== "") continue;
    if (node.opType === "Conv") convolution(node);
    else if (node.opType === "ConvTranspose") transposed(node);
    else if (/^(Max|Average|Lp)Pool$/.test(node.opType)) pool(node, graph.opsets.get("") ?? 18);
  }
}

function convolution(node: Node): void {
  setKernelFromWeights(node);
  setIfAbsent(node, "group", 1);
  window(node, true);
}

function pool(node: Node, opset: number): void {
  setIfAbsent(node, "ceil_mode", 0);
  if (node.opType === "AveragePool") setIfAbsent(node, "count_include_pad", 0);
  if (node.opType === "MaxPool") setIfAbsent(node, "storage_order", 0);
  if (node.opType === "LpPool") setIfAbsent(node, "p", 2);
  // An output that `auto_pad` rounds up already must not be rounded up again.
  if (node.string("auto_pad", "NOTSET").startsWith("SAME")) {
    node.attributes.set("ceil_mode", int(0));
  }
  window(node, node.opType !== "AveragePool" || opset >= 19);
}

/** Sets strides, dilations (where the operator may have them) and pads of a sliding window. */
function window(node: Node, mayDilate: boolean): void {
  const kernel = node.ints("kernel_shape");
  if (!kernel) throw new TypeError(`Cannot make the padding of ${node} explicit: no kernel_shape`);
  const ones = kernel.map(() => 1);
  const strides = node.ints("strides") ?? ones;
  const dilations = node.ints("dilations") ?? ones;
  const before: number[] = [];
  const after: number[] = [];
  const mode = autoPad(node);
  kernel.forEach((size, axis) => {
    const extent = (size - 1) * dilations[axis]! + 1;
    const total = mode.startsWith("SAME") ? samePad(node, axis, extent, strides[axis]!) : 0;
    const smaller = Math.floor(total / 2);
    before.push(mode === "SAME_LOWER" ? total - smaller : smaller);
    after.push(mode === "SAME_LOWER" ? smaller : total - smaller);
  });
  node.attributes.set("strides", ints(strides));
  if (mayDilate) node.attributes.set("dilations", ints(dilations));
  const given = mode === "NOTSET" ? node.ints("pads") : undefined;
  node.attributes.set("pads", ints(given ?? [...before, ...after]));
  node.attributes.set("auto_pad", string("NOTSET"));
}

/** What the output of ⌈size / stride⌉ positions needs beyond the input. */
function samePad(node: Node, axis: number, extent: number, stride: number): number {
  if (stride === 1) return extent - 1;
  const size = spatial(node, axis);
  return Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0);
}

/** A transposed convolution of input size n puts out stride·(n − 1) + extent + output_padding − pads. */
function transposed(node: Node): void {
  setKernelFromWeights(node);
  setIfAbsent(node, "group", 1);
  const kernel = node.ints("kernel_shape")!;
  const ones = kernel.map(() => 1);
  const strides = node.ints("strides") ?? ones;
  const dilations = node.ints("dilations") ?? ones;
  const padding = [...node.ints("output_padding") ?? kernel.map(() => 0)];
  const sizes = node.ints("output_shape")?.slice(-kernel.length);
  const mode = autoPad(node);
  const before: number[] = [];
  const after: number[] = [];
  kernel.forEach((size, axis) => {
    const extent = (size - 1) * dilations[axis]! + 1;
    const stride = strides[axis]!;
    let total = 0;
    if (sizes) total = stride * (spatial(node, axis) - 1) + extent + padding[axis]! - sizes[axis]!;
    else if (mode.startsWith("SAME")) total = extent + padding[axis]! - stride;
    if (total < 0) padding[axis]! -= total;
    const whole = Math.max(total, 0);
    const smaller = Math.floor(whole / 2);
    before.push(mode === "SAME_UPPER" ? smaller : whole - smaller);
    after.push(mode === "SAME_UPPER" ? whole - smaller : smaller);
  });
  node.attributes.set("strides", ints(strides));
  node.attributes.set("dilations", ints(dilations));
  node.attributes.set("output_padding", ints(padding));
  const given = mode === "NOTSET" && !sizes ? node.ints("pads") : undefined;
  node.attributes.set("pads", ints(given ?? [...before, ...after]));
  node.attributes.set("auto_pad", string("NOTSET"));
  node.attributes.delete("output_shape");
}

function autoPad(node: Node): string {
  const mode = node.string("auto_pad", "NOTSET") || "NOTSET";
  if (["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].includes(mode)) return mode;
  throw new RangeError(`The auto_pad of ${node} is "${mode}", which ONNX does not know`);
}

function setKernelFromWeights(node: Node): void {
  if (node.ints("kernel_shape")) return;
  const kernel = node.inputs[1]?.shape?.slice(2);
  if (!kernel || kernel.some((size) => typeof size === "string")) {
    throw new TypeError(
      `Cannot tell the kernel size of ${node}: the shape of its weights is not known`,
    );
  }
  node.attributes.set("kernel_shape", ints(kernel as number[]));
}

function spatial(node: Node, axis: number): number {
  const x: Value | undefined = node.inputs[0];
  const size = x?.shape?.[axis + 2];
  if (typeof size === "number") return size;
  throw new TypeError(
    `Cannot make the padding of ${node} explicit: the size of axis ${axis + 2} of "${x?.name}" ` +
      "is not known; fix the input's shape first",
  );
}

function setIfAbsent(node: Node, name: string, value: number): void {
  if (!node.attributes.has(name)) node.attributes.set(name, int(value));
}
