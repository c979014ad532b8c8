import type { Loss } from "../../artifacts/loss.ts";
import { lossOf } from "../../artifacts/losses/by_name.ts";
import { TARGETS, type TrainingGraph, WEIGHTS } from "../../artifacts/training_graph.ts";
import { renderUpdate } from "../../artifacts/update/render_graph.ts";
import { updateKernel } from "../../artifacts/update/update_rule.ts";
import { Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Graph, Value } from "../../onnx/graph.ts";
import { momentName, runningName } from "../checkpoint.ts";
import { type Clip, clippedGradient, NORM_EPSILON } from "../groups/clip.ts";
import type { ParameterRule } from "../groups/resolve_groups.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";

/** What no finite float32 is above. */
const LARGEST = 3.4028234663852886e38;

/** Numbers of a step that a graph is fed: those of one optimizer at one multiple of the rate. */
export interface StepNumbers {
  /** Name of the input, `[names.length]`. */
  readonly input: string;
  /** The optimizer. */
  readonly rule: Optimizer;
  /** Its learning rate, as a multiple of that of `fit`. */
  readonly ratio: number;
  /** Which of the rule's numbers, in order. */
  readonly names: readonly string[];
}

/** A training graph that also takes the optimizers' step. */
export interface StepGraph {
  /** The graph. */
  readonly graph: Graph;
  /** Name of the loss, the length of all gradients and the right answers that count, `[3]`. */
  readonly report: string;
  /** Whether right answers are counted; the model's outputs are left out then. */
  readonly counts: boolean;
  /** Output that takes the place of each input in the next step, by the names of a snapshot. */
  readonly turns: ReadonlyMap<string, { readonly input: string; readonly output: string }>;
  /** The numbers that each step feeds. */
  readonly numbers: readonly StepNumbers[];
}

/** What a step graph is made of, beside the training graph. */
export interface StepGraphOptions {
  /** How each parameter is trained. */
  readonly rules: ReadonlyMap<string, ParameterRule>;
  /** How gradients are clipped. */
  readonly clip: Clip | undefined;
  /** The loss that the graph computes. */
  readonly loss: Loss;
}

/**
 * Adds the optimizers' step to a training graph: it then gives the new parameters, optimizer state
 * and running statistics in the place of gradients. Gradients or a loss that are not finite change
 * neither parameters nor state.
 */
export function stepGraph(training: TrainingGraph, options: StepGraphOptions): StepGraph {
  const { graph } = training;
  const g = new Builder(graph);
  const kept = [training.sums?.name].flatMap((name) =>
    name === undefined ? [] : [graph.value(name)]
  );
  const loss = graph.value(training.loss);
  const outputs = training.outputs.map((name) => graph.value(name));
  const batch = training.statistics.map(({ batch }) => batch.map((name) => graph.value(name)));
  const gradients = new Map([...training.gradients].map(([name, one]) => [name, graph.value(one)]));
  const norm = lengthOf(g, [...new Set(gradients.values())]);
  const isFinite = g.and(below(g, norm), below(g, g.unary("Abs", loss)));
  const right = rightAnswers(g, outputs[0]!, options.loss);
  graph.outputs.length = 0;
  const three = [loss, norm, right ?? g.scalar(0, loss)].map((one) => g.reshape(one, [1]));
  const report = named(graph, g.concat(three, 0), "graft_report");
  graph.outputs.push(...kept, ...(right ? [] : outputs));
  const turns = new Map<string, { input: string; output: string }>();
  const turn = (key: string, input: string, next: Value) =>
    turns.set(key, { input, output: named(graph, next, `graft_next/${key}`).name });
  const numbers = updates(g, gradients, { ...options, norm, isFinite, turn });
  training.statistics.forEach(({ running, momentum, count }, layer) =>
    running.forEach((name, which) => {
      const key = runningName(name);
      const now = batch[layer]![which]!;
      const before = graph.addInput(key, "float32", dimsOf(now));
      const unbiased = which === 1 && count > 1 ? count / (count - 1) : 1;
      const part = g.scale(now, (1 - momentum) * unbiased);
      turn(key, key, g.add(g.scale(before, momentum), part));
    })
  );
  return { graph, report: report.name, counts: right !== undefined, turns, numbers };
}

interface UpdateOptions extends StepGraphOptions {
  readonly norm: Value;
  readonly isFinite: Value;
  readonly turn: (key: string, input: string, next: Value) => void;
}

function updates(
  g: Builder,
  gradients: ReadonlyMap<string, Value>,
  { rules, clip, norm, isFinite, turn }: UpdateOptions,
): StepNumbers[] {
  const { graph } = g;
  const all: StepNumbers[] = [];
  const scalarsOf = new Map<StepNumbers, Readonly<Record<string, Value>>>();
  const clipped = clippedGradient(clip);
  const clipFactor = clip && "norm" in clip ? factorOf(g, norm, clip.norm) : undefined;
  for (const [name, gradient] of gradients) {
    const { rule, ratio } = rules.get(name)!;
    let numbers = all.find((one) => one.rule === rule && one.ratio === ratio);
    if (!numbers) {
      const names = Object.keys(rule.scalars(1, rule.learningRate));
      numbers = { input: `graft_numbers/${all.length}`, rule, ratio, names };
      all.push(numbers);
      const input = graph.addInput(numbers.input, "float32", [names.length]);
      const scalars = names.map((own, at) =>
        [own, g.reshape(g.slice(input, [0], [at], [at + 1]), [])] as const
      );
      scalarsOf.set(numbers, { ...Object.fromEntries(scalars), ...(clipFactor && { clipFactor }) });
    }
    const parameter = graph.value(name);
    const keys = rule.state.map((_, index) => momentName(index, name));
    const state = keys.map((key) => graph.addInput(key, "float32", dimsOf(parameter)));
    const arrays = [parameter, gradient, ...state];
    const next = renderUpdate(g, updateKernel(rule, clipped), arrays, scalarsOf.get(numbers)!);
    [name, ...keys].forEach((key, at) => {
      const old = at === 0 ? parameter : state[at - 1]!;
      turn(key, key, g.where(isFinite, g.expand(next[at]!, dimsOf(old)), old));
    });
  }
  return all;
}

/** The length (L2) of tensors together, a scalar. */
function lengthOf(g: Builder, tensors: readonly Value[]): Value {
  const squares = tensors.map((one) =>
    g.reduceSum(g.mul(one, one), dimsOf(one).map((_, axis) => axis), false)
  );
  return g.unary("Sqrt", g.sum(squares));
}

function below(g: Builder, x: Value): Value {
  return g.compare("LessOrEqual", x, g.scalar(LARGEST, x));
}

function factorOf(g: Builder, norm: Value, limit: number): Value {
  const factor = g.div(g.scalar(limit, norm), g.shift(norm, NORM_EPSILON));
  return g.op("Min", [factor, g.scalar(1, norm)], []);
}

/**
 * How many examples of weight above 0 have their class as the greatest output; `undefined` where
 * targets are no classes.
 */
function rightAnswers(g: Builder, output: Value, loss: Loss): Value | undefined {
  const targets = g.graph.values.get(TARGETS);
  const weights = g.graph.values.get(WEIGHTS);
  if (typeof loss !== "string" || lossOf(loss).targets !== "classes") return undefined;
  if (!targets || !weights || targets.type !== "int64" || dimsOf(targets).length !== 1) {
    return undefined;
  }
  const [examples, classes] = dimsOf(output) as [number, number];
  if (dimsOf(output).length !== 2) return undefined;
  const columns = Array.from({ length: classes }, (_, at) => at);
  const column = g.constant({
    type: "float32",
    dims: [1, classes],
    data: Float32Array.from(columns),
  });
  const labels = g.reshape(g.cast(targets, "float32"), [examples, 1]);
  const isLabel = g.compare("Equal", labels, column);
  const lowest = g.scalar(-LARGEST, output);
  const own = g.reduce("ReduceMax", g.where(isLabel, output, lowest), [1], true);
  const most = g.reduce("ReduceMax", output, [1], true);
  const isRight = g.cast(g.compare("Equal", own, most), "float32");
  const counts = g.cast(g.compare("Greater", weights, g.scalar(0, weights)), "float32");
  return g.reduceSum(g.mul(g.reshape(isRight, [examples]), counts), [0], false);
}

/** An output of a name. */
function named(graph: Graph, value: Value, name: string): Value {
  const [output] = graph.add("Identity", [value], { outputs: [name] }).outputs;
  graph.outputs.push(Object.assign(output!, { type: value.type, shape: value.shape }));
  return output!;
}
