import { int } from "../../src/onnx/attribute.ts";
import type { Value } from "../../src/onnx/graph.ts";
import { counted, hiding, unmasked } from "../attention.ts";
import { layer, type LayerOptions, type Network, scalar } from "../network.ts";
import { sizeAt, unsqueeze } from "../rearrange.ts";

/** ONNX's number of the type float32. */
const FLOAT = 1;

/**
 * Sines and cosines of the distances T, T − 1, …, 1 − T between a token and another, T the size of axis 1
 * of `ids`: `[2T, width]`.
 */
export function relativePositions(
  net: Network,
  ids: Value,
  { name, width }: LayerOptions & { readonly width: number },
): Value {
  const distances = unsqueeze(net, distancesOf(net, ids, { name: `${name}.distances` }), {
    name: `${name}.column`,
    axes: [1],
  });
  const half = width / 2;
  const row = rates(net, half, { name: `${name}.rates` });
  const shape = ["distances", half];
  const angles = layer(net, "Mul", { name: `${name}.angles`, inputs: [distances, row], shape });
  const waves = ["Sin", "Cos"].map((operator) =>
    layer(net, operator, { name: `${name}.${operator.toLowerCase()}`, inputs: [angles], shape })
  );
  const attributes = { axis: int(1) };
  return layer(net, "Concat", { name, inputs: waves, shape: ["distances", width], attributes });
}

/** 10000^(−i/count) for i from 0 on, made in the graph: a table of numbers would be taken for a weight. */
function rates(net: Network, count: number, { name }: LayerOptions): Value {
  const shape = [count];
  const [start, limit, step, power] = [0, count, 1, -Math.log(10_000) / count].map((value, index) =>
    scalar(net, `${name}.${["start", "limit", "step", "power"][index]}`, value)
  ) as [Value, Value, Value, Value];
  const range = layer(net, "Range", { name: `${name}.range`, inputs: [start, limit, step], shape });
  const inputs = [range, power];
  const powers = layer(net, "Mul", { name: `${name}.powers`, inputs, shape });
  return layer(net, "Exp", { name, inputs: [powers], shape });
}

function distancesOf(net: Network, ids: Value, { name }: LayerOptions): Value {
  const length = layer(net, "Squeeze", {
    name: `${name}.start`,
    inputs: [sizeAt(net, ids, { name: `${name}.length`, axis: 1 })],
    shape: [],
    type: "int64",
  });
  const limit = layer(net, "Neg", {
    name: `${name}.limit`,
    inputs: [length],
    shape: [],
    type: "int64",
  });
  const inputs = [length, limit, scalar(net, `${name}.step`, -1, "int64")];
  const shape = ["distances"];
  const whole = layer(net, "Range", { name: `${name}.range`, inputs, shape, type: "int64" });
  return layer(net, "Cast", { name, inputs: [whole], shape, attributes: { to: int(FLOAT) } });
}

/** Whether two tokens are of different segments: bool `[N, 1, T, T]`. */
export function otherSegments(net: Network, types: Value, { name }: LayerOptions): Value {
  const rows = unsqueeze(net, types, { name: `${name}.rows`, axes: [1, 3] });
  const columns = unsqueeze(net, types, { name: `${name}.columns`, axes: [1, 2] });
  const shape = ["batch", 1, "sequence", "sequence"];
  const same = layer(net, "Equal", {
    name: `${name}.same`,
    inputs: [rows, columns],
    shape,
    type: "bool",
  });
  return layer(net, "Not", { name, inputs: [same], shape, type: "bool" });
}

/** What is added to scores: hides padding from all tokens but itself. */
export function hiddenKeys(net: Network, mask: Value, { name }: LayerOptions): Value {
  const range = counted(net, mask, { name: `${name}.range` });
  const rows = unsqueeze(net, range, { name: `${name}.rows`, axes: [1] });
  const columns = unsqueeze(net, range, { name: `${name}.columns`, axes: [0] });
  const own = layer(net, "Equal", {
    name: `${name}.own`,
    inputs: [rows, columns],
    shape: ["sequence", "sequence"],
    type: "bool",
  });
  const allowed = layer(net, "Or", {
    name: `${name}.allowed`,
    inputs: [unmasked(net, mask, { name: `${name}.unmasked` }), own],
    shape: ["batch", 1, "sequence", "sequence"],
    type: "bool",
  });
  return hiding(net, allowed, { name });
}
