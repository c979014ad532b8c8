import { type Attribute, float, int, string } from "../../../onnx/attribute.ts";
import type { Graph, Node, Value } from "../../../onnx/graph.ts";
import { ONNX_TYPE_NUMBERS } from "../../../onnx/types.ts";
import { int64s, tensor, toNumbers } from "../../../tensor/tensor.ts";
import { IGNORED } from "./cross_entropy.ts";

/** Stock operators in place of one whose shapes are not known yet. */
export type ForwardLowering = (graph: Graph, node: Node) => readonly (Value | undefined)[];

/** Concat, and how long each input is along the axis. */
export const concatTraining: ForwardLowering = (graph, node) => {
  const axis = node.int("axis", 0);
  const add = adder(graph);
  const result = add("Concat", node.inputs, { axis: int(axis) });
  if (!node.outputs[1]) return [result];
  const end = axis === -1 ? {} : { end: int(axis + 1) };
  const lengths = node.inputs.map((value) => add("Shape", [value], { start: int(axis), ...end }));
  return [result, add("Concat", lengths, { axis: int(0) })];
};

/** Split by the lengths given. */
export const splitTraining: ForwardLowering = (graph, node) =>
  graph.add("Split", node.inputs, {
    outputs: node.outputs.length,
    attributes: { axis: int(node.int("axis", 0)) },
  }).outputs;

/** ReduceSum as of opset 13. */
export const reduceSumTraining: ForwardLowering = (graph, node) =>
  graph.add("ReduceSum", node.inputs, { attributes: Object.fromEntries(node.attributes) }).outputs;

/** X·scale, or X/scale; the scale has one element, of a type of its own. */
export const scale: ForwardLowering = (graph, node) => {
  const add = adder(graph);
  const single = add("Reshape", [node.inputs[1], constant(graph, [])]);
  const factor = add("CastLike", [single, node.inputs[0]]);
  return [add(node.int("scale_down", 0) === 1 ? "Div" : "Mul", [node.inputs[0], factor])];
};

/**
 * Y normalised by the batch's mean and population variance over all axes but the channels', the new
 * running statistics momentum·old + (1 − momentum)·batch, the batch's mean and 1/√(variance + ε).
 */
export const batchNormInternal: ForwardLowering = (graph, node) => {
  const add = adder(graph);
  const [x, factor, bias, mean, variance] = node.inputs;
  const number = (value: number) =>
    graph.addConstant(graph.fresh("constant"), tensor("float32", [], [value]));
  const flat = add("Reshape", [x, constant(graph, [0, 0, -1])]);
  const axes = constant(graph, [0, 2]);
  const batchMean = add("ReduceMean", [flat, axes], { keepdims: int(0) });
  const wide = add("ReduceMean", [flat, axes], { keepdims: int(1) });
  const centred = add("Sub", [flat, wide]);
  const squares = add("Mul", [centred, centred]);
  const batchVariance = add("ReduceMean", [squares, axes], { keepdims: int(0) });
  const epsilon = node.float("epsilon", 1e-5);
  const inputs = [x, factor, bias, batchMean, batchVariance];
  const y = add("BatchNormalization", inputs, { epsilon: float(epsilon) });
  const momentum = node.float("momentum", 0.9);
  const mixed = (old: Value | undefined, batch: Value) =>
    add("Add", [add("Mul", [old, number(momentum)]), add("Mul", [batch, number(1 - momentum)])]);
  const deviation = add("Sqrt", [add("Add", [batchVariance, number(epsilon)])]);
  const inverse = add("Reciprocal", [deviation]);
  return [y, mixed(mean, batchMean), mixed(variance, batchVariance), batchMean, inverse];
};

/** The label -1 is left out where none is named; the mean over no labels at all is 0, not NaN. */
export const crossEntropy: ForwardLowering = (graph, node) =>
  trainedCrossEntropy(graph, node, node.int("ignore_index", IGNORED));

/** The same with the ignored label as an input. */
export const crossEntropyInternal: ForwardLowering = (graph, node) => {
  const ignored = node.inputs[3];
  if (ignored && !ignored.constant) {
    throw new TypeError(`Cannot read ${node}: its ignore_index is computed at run time`);
  }
  return trainedCrossEntropy(graph, node, ignored ? toNumbers(ignored.constant!)[0]! : IGNORED);
};

function trainedCrossEntropy(
  graph: Graph,
  node: Node,
  ignored: number,
): readonly (Value | undefined)[] {
  const add = adder(graph);
  const reduction = node.string("reduction", "mean");
  const [loss, logs] = graph.add("SoftmaxCrossEntropyLoss", node.inputs.slice(0, 3), {
    outputs: node.outputs.length,
    attributes: { reduction: string(reduction), ignore_index: int(ignored) },
  }).outputs;
  if (reduction !== "mean") return [loss, logs];
  const label = add("Cast", [node.inputs[1]], { to: int(ONNX_TYPE_NUMBERS.int64) });
  const kept = add("Not", [add("Equal", [label, constant(graph, [ignored])])]);
  const count = add("ReduceSum", [add("Cast", [kept], { to: int(ONNX_TYPE_NUMBERS.int64) })], {
    keepdims: int(0),
  });
  const zero = graph.addConstant(graph.fresh("zero"), int64s([0], []));
  const isAny = add("Greater", [count, zero]);
  const none = add("CastLike", [zero, loss]);
  return [add("Where", [isAny, loss, none]), logs];
}

/** Y = (clip(round(X/s) + zero) − zero)·s, and where nothing was clipped. */
export const fakeQuant: ForwardLowering = (graph, node) => {
  const add = adder(graph);
  const [x, step, zero] = node.inputs;
  const bound = (name: string, otherwise: number) =>
    graph.addConstant(
      graph.fresh("bound"),
      tensor("float32", [], [node.int(name, otherwise)]),
    );
  const [low, high] = [bound("quant_min", 0), bound("quant_max", 255)];
  const rounded = add("Add", [add("Round", [add("Div", [x, step])]), zero]);
  const clipped = add("Min", [add("Max", [rounded, low]), high]);
  const inRange = add("And", [
    add("GreaterOrEqual", [rounded, low]),
    add("LessOrEqual", [rounded, high]),
  ]);
  return [add("Mul", [add("Sub", [clipped, zero]), step]), inRange];
};

/** Adds an operator of one output. */
type Add = (
  opType: string,
  inputs: readonly (Value | undefined)[],
  attributes?: Readonly<Record<string, Attribute>>,
) => Value;

function adder(graph: Graph): Add {
  return (opType, inputs, attributes = {}) => graph.add(opType, inputs, { attributes }).outputs[0]!;
}

function constant(graph: Graph, values: readonly number[]): Value {
  return graph.addConstant(graph.fresh("constant"), int64s(values));
}
