import { Builder, dimsOf, typeOf } from "../../../autodiff/builder.ts";
import { gradients } from "../../../autodiff/gradients.ts";
import { writeOut } from "../../../autodiff/written/mod.ts";
import type { Attribute } from "../../../onnx/attribute.ts";
import { Graph, type Node, type Value } from "../../../onnx/graph.ts";
import { floats, type Lowering } from "../lowering.ts";
import { transplant } from "../transplant.ts";
import type { ForwardLowering } from "./forward.ts";

/** A stock LSTM; what it keeps for its gradient is computed anew there. */
export const lstmTraining: ForwardLowering = (graph, node) => stock(graph, node, "LSTM", 3);

/** A stock GRU, in the same way. */
export const gruTraining: ForwardLowering = (graph, node) => stock(graph, node, "GRU", 2);

/** dX, dW, dR, dB, dh0, dc0 and dP of an LSTM; its biases are known from the layer itself. */
export const lstmGrad: Lowering = (g, node) => {
  const [X, W, R, lengths, h0, c0, all] = node.inputs;
  const layer = layerOf(node, all, "LSTM");
  const inputs = [X, W, R, layer.inputs[3], lengths, h0, c0, layer.inputs[7]];
  const dys = node.inputs.slice(9, 12);
  return throughLayer(g, { node, layer, inputs, dys, order: [0, 1, 2, 3, 5, 6, 7] });
};

/** dX, dW, dR, dB and dh0 of a GRU. */
export const gruGrad: Lowering = (g, node) => {
  const [X, W, R, B, lengths, h0, all] = node.inputs;
  const layer = layerOf(node, all, "GRU");
  const inputs = [X, W, R, B, lengths, h0];
  return throughLayer(g, {
    node,
    layer,
    inputs,
    dys: node.inputs.slice(8, 10),
    order: [0, 1, 2, 3, 5],
  });
};

/** The stock layer; its gradient shall not read what only the training layer puts out. */
function stock(graph: Graph, node: Node, opType: string, outputs: number): readonly Value[] {
  for (const kept of node.outputs.slice(outputs)) {
    for (const reader of [...kept?.consumers ?? []]) {
      reader.inputs.forEach((value, position) => {
        if (value === kept) graph.setInput(reader, position, undefined);
      });
    }
  }
  const attributes = Object.fromEntries(node.attributes);
  return graph.add(opType, node.inputs, { outputs, attributes }).outputs as Value[];
}

function layerOf(node: Node, all: Value | undefined, opType: string): Node {
  const layer = all?.producer;
  if (layer?.opType === opType) return layer;
  throw new TypeError(`Cannot read ${node}: its states come from no ${opType}`);
}

interface Layer {
  readonly node: Node;
  /** The stock layer. */
  readonly layer: Node;
  /** The layer's inputs by position. */
  readonly inputs: readonly (Value | undefined)[];
  /** Gradients by its outputs, as far as they are there. */
  readonly dys: readonly (Value | undefined)[];
  /** Of which input each output of the node is the gradient. */
  readonly order: readonly number[];
}

/** The gradients of a layer that is written out step by step in a graph of its own. */
function throughLayer(
  g: Builder,
  { node, layer, inputs, dys, order }: Layer,
): readonly (Value | undefined)[] {
  const steps = new Graph();
  steps.opsets.set("", 18);
  const fed = new Map<Value, Value>();
  const feed = (value: Value | undefined) => {
    if (!value) return undefined;
    const input = steps.addInput(steps.fresh("given"), typeOf(value), dimsOf(value));
    fed.set(input, value);
    return input;
  };
  const twins = inputs.map(feed);
  const outputs = writtenOut(steps, layer, twins);
  const builder = new Builder(steps);
  const parts = outputs.flatMap((output, position) => {
    const dy = dys[position];
    if (!dy) return [];
    const product = builder.mul(output, feed(floats(dy, dimsOf(output)))!);
    return [builder.reduceSum(product, dimsOf(output).map((_, axis) => axis), false)];
  });
  const wanted = order.map((position, at) => node.outputs[at] ? twins[position] : undefined);
  const targets = wanted.filter((value) => value !== undefined);
  const found = gradients(builder, builder.sum(parts), targets);
  const moved = transplant(g, steps, fed, [...found.values()]);
  return wanted.map((target) => {
    if (!target) return undefined;
    const gradient = found.get(target);
    return gradient ? moved.get(gradient) : g.full(dimsOf(target), 0, typeOf(target));
  });
}

/** The outputs of a layer, its steps written out. */
function writtenOut(steps: Graph, layer: Node, inputs: readonly (Value | undefined)[]): Value[] {
  const attributes = Object.fromEntries<Attribute>(layer.attributes);
  const count = layer.opType === "LSTM" ? 3 : 2;
  const made = steps.add(layer.opType, inputs, { outputs: count, attributes });
  const names = made.outputs.map((value) => value!.name);
  writeOut(steps);
  return names.map((name) => {
    const { producer } = steps.value(name);
    if (producer?.opType === "Identity") return producer.inputs[0]!;
    throw new TypeError(`Cannot read ${layer}: its activations are not known`);
  });
}
