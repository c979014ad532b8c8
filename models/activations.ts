import type { Value } from "../src/onnx/graph.ts";
import { int } from "../src/onnx/attribute.ts";
import { add, multiply, sigmoid, tanh } from "./layers.ts";
import { layer, type LayerOptions, type Network, scalar } from "./network.ts";

/** Adds an activation to a network; gives its output, of the shape of `x`. */
export type Activation = (net: Network, x: Value, options: LayerOptions) => Value;

/** x·Φ(x) = x·(1 + erf(x/√2))/2 (Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016), BERT's. */
export function gelu(net: Network, x: Value, { name }: LayerOptions): Value {
  const shape = x.shape!;
  const root = scalar(net, `${name}.root`, Math.SQRT2);
  const scaled = layer(net, "Div", { name: `${name}.div`, inputs: [x, root], shape });
  const erf = layer(net, "Erf", { name: `${name}.erf`, inputs: [scaled], shape });
  const one = scalar(net, `${name}.one`, 1);
  const raised = add(net, [erf, one], { name: `${name}.add` });
  const product = multiply(net, [x, raised], { name: `${name}.mul` });
  return multiply(net, [product, scalar(net, `${name}.half`, 0.5)], { name });
}

/** GELU by a hyperbolic tangent, x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2: GPT-2's. */
export function geluTanh(net: Network, x: Value, { name }: LayerOptions): Value {
  const times = (value: Value, factor: number, part: string) =>
    multiply(net, [value, scalar(net, `${name}.${part}.by`, factor)], { name: `${name}.${part}` });
  const square = multiply(net, [x, x], { name: `${name}.square` });
  const one = scalar(net, `${name}.one`, 1);
  const bent = add(net, [times(square, 0.044715, "bend"), one], { name: `${name}.bent` });
  const inner = times(
    multiply(net, [x, bent], { name: `${name}.inner` }),
    Math.sqrt(2 / Math.PI),
    "outer",
  );
  const raised = add(net, [tanh(net, inner, { name: `${name}.tanh` }), one], {
    name: `${name}.raised`,
  });
  return multiply(net, [times(x, 0.5, "halved"), raised], { name });
}

/** x·sigmoid(1.702·x), a quick GELU: CLIP's. */
export function quickGelu(net: Network, x: Value, { name }: LayerOptions): Value {
  const factor = scalar(net, `${name}.factor`, 1.702);
  const stretched = multiply(net, [x, factor], { name: `${name}.stretched` });
  return multiply(net, [x, sigmoid(net, stretched, { name: `${name}.sigmoid` })], { name });
}

/** exp(x) over its sum along the last axis. */
export function softmax(net: Network, x: Value, { name }: LayerOptions): Value {
  return layer(net, "Softmax", {
    name,
    inputs: [x],
    shape: x.shape!,
    attributes: { axis: int(-1) },
  });
}
