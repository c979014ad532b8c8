import { Builder } from "../../autodiff/builder.ts";
import { Graph, type Value } from "../../onnx/graph.ts";
import { encodeGraph } from "../../onnx/write_model.ts";
import { bufferOf, momentOf, updatedOf } from "../read/names.ts";
import { OPTIMIZER } from "../read/optimizer_model.ts";
import { renderUpdate } from "../update/render_graph.ts";
import { updateKernel, type UpdateRule } from "../update/update_rule.ts";
import type { OptimizerFileOptions } from "./optimizer_file.ts";

/** Name and shape of a parameter that is trained. */
export interface TrainedParameter {
  /** Its name. */
  readonly name: string;
  /** Its shape. */
  readonly shape: readonly number[];
}

/**
 * An optimizer as a graph of standard operators: from `learning_rate` `[1]`, `step` `[1]` (the first
 * is 1), each parameter, its gradient under the name of the buffer and its moments `<name>.momentum0`
 * and so on, to the same with `.updated`. Throws `RangeError` for an optimizer of the user's own.
 */
export function encodeStockOptimizer(
  rule: UpdateRule,
  parameters: readonly TrainedParameter[],
  { opset, clipNorm }: OptimizerFileOptions,
): Uint8Array {
  checkStockOptimizer(rule);
  const scalars = SCALARS[rule.name]!;
  const graph = new Graph();
  graph.opsets.set("", opset);
  const g = new Builder(graph);
  const rate = g.cast(graph.addInput("learning_rate", "float32", [1]), "float64");
  const step = g.cast(graph.addInput("step", "int64", [1]), "float64");
  const numbers = scalars(g, rule.settings, g.reshape(rate, []), g.reshape(step, []));
  const values = Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, g.cast(value, "float32")]),
  );
  const buffers = parameters.map(({ name, shape }) => ({
    parameter: graph.addInput(name, "float32", shape),
    gradient: graph.addInput(bufferOf(name), "float32", shape),
    moments: rule.state.map((_, index) =>
      graph.addInput(`${name}.${momentOf(index)}`, "float32", shape)
    ),
  }));
  const factor = clipNorm === undefined
    ? undefined
    : clipFactor(g, buffers.map(({ gradient }) => gradient), clipNorm);
  for (const { parameter, gradient, moments } of buffers) {
    const scaled = factor ? g.mul(gradient, factor) : gradient;
    updateOne(g, rule, [parameter, scaled, ...moments], [parameter, ...moments], values);
  }
  const written = JSON.stringify({ name: rule.name, settings: rule.settings, clipNorm });
  return encodeGraph(graph, { metadata: new Map([[OPTIMIZER, written]]) });
}

/** Throws `RangeError` for an optimizer that a graph of standard operators is not written for. */
export function checkStockOptimizer({ name }: UpdateRule): void {
  if (Object.hasOwn(SCALARS, name)) return;
  throw new RangeError(
    `buildArtifacts(): an optimizer model can hold ${Object.keys(SCALARS).join(", ")}, ` +
      `found "${name}". Choose one of these, or train with fit()`,
  );
}

type Settings = UpdateRule["settings"];

/** The numbers of a step, in float64 as the rules compute them. */
const SCALARS: Readonly<
  Record<
    string,
    (g: Builder, settings: Settings, rate: Value, step: Value) => Readonly<Record<string, Value>>
  >
> = {
  adam: adamScalars,
  adamW: adamScalars,
  adagrad: (g, { learningRateDecay }, rate, step) => {
    const steps = g.sub(step, g.scalar(1, "float64"));
    const slowed = g.mul(steps, g.scalar(Number(learningRateDecay), "float64"));
    return { stepSize: g.div(rate, g.add(slowed, g.scalar(1, "float64"))) };
  },
  lion: (g, settings, learningRate) => ({ learningRate, kept: keptOf(g, settings, learningRate) }),
  rmsprop: (_g, _settings, learningRate) => ({ learningRate }),
  sgd: (_g, _settings, learningRate) => ({ learningRate }),
};

/** What decay leaves of the weights. */
function keptOf(g: Builder, { weightDecay }: Settings, rate: Value): Value {
  const decay = g.mul(rate, g.scalar(Number(weightDecay), "float64"));
  return g.sub(g.scalar(1, "float64"), decay);
}

function adamScalars(g: Builder, settings: Settings, rate: Value, step: Value) {
  const number = (value: number | boolean | undefined) => g.scalar(Number(value), "float64");
  const rest = (beta: number | boolean | undefined) => g.sub(number(1), g.pow(number(beta), step));
  return {
    stepSize: g.div(rate, rest(settings.beta1)),
    rootFactor: g.div(number(1), g.unary("Sqrt", rest(settings.beta2))),
    kept: keptOf(g, settings, rate),
  };
}

/** min(limit / (norm of all gradients + 1e-6), 1). */
function clipFactor(g: Builder, gradients: readonly Value[], limit: number): Value {
  const squares = gradients.map((gradient) => {
    const wide = g.cast(gradient, "float64");
    return g.reduceSum(g.mul(wide, wide), wide.shape!.map((_, axis) => axis), false);
  });
  const norm = g.unary("Sqrt", g.sum(squares));
  const factor = g.div(g.scalar(limit, "float64"), g.add(norm, g.scalar(1e-6, "float64")));
  return g.cast(g.op("Min", [factor, g.scalar(1, "float64")], []), "float32");
}

function updateOne(
  g: Builder,
  rule: UpdateRule,
  arrays: readonly Value[],
  changed: readonly Value[],
  scalars: Readonly<Record<string, Value>>,
): void {
  renderUpdate(g, updateKernel(rule), arrays, scalars).forEach((value, at) => {
    const { name, shape } = changed[at]!;
    const output = g.graph.add("Identity", [value], { outputs: [updatedOf(name)] }).outputs[0]!;
    g.graph.outputs.push(Object.assign(output, { type: "float32", shape }));
  });
}
