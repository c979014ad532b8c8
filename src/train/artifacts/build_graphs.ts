import { attachLoss } from "../../artifacts/losses/attach_loss.ts";
import { lossOf } from "../../artifacts/losses/by_name.ts";
import { buildTrainingGraph, parametersToInputs } from "../../artifacts/training_graph.ts";
import { drawMasks } from "../../artifacts/write/draw_masks.ts";
import { orderInputs, toOfficialTraining } from "../../artifacts/write/official_training.ts";
import { spreadProducts, toStockTraining } from "../../artifacts/write/stock_training.ts";
import { fitTarget, tooNew } from "../../artifacts/write/target.ts";
import { Builder, dimsOf } from "../../autodiff/builder.ts";
import { writeOut } from "../../autodiff/written/mod.ts";
import type { Graph, Value } from "../../onnx/graph.ts";
import type { Model } from "../../onnx/model.ts";
import { dropoutToMasks } from "../../onnx/passes/fold_dropout.ts";
import { inferShapes } from "../../runtime/static_graph.ts";
import type { DataType } from "../../tensor/dtype.ts";
import { type Fixed, fixSizes } from "../specialise.ts";
import type { BuildSettings } from "./build_options.ts";
import type { BuildPlan } from "./build_plan.ts";

/** The graphs of artifacts for one batch size. */
export interface BuiltGraphs {
  /** The training model. */
  readonly training: Graph;
  /** The evaluation model. */
  readonly evaluation: Graph;
  /** Names of the parameters that are inputs, in order. */
  readonly parameters: readonly string[];
  /** Those of them that have gradients. */
  readonly trained: ReadonlySet<string>;
}

/** Name of the loss in both graphs. */
const LOSS = "loss";

/** Builds both graphs for a batch size. */
export async function buildGraphs(
  model: Model,
  settings: BuildSettings,
  plan: BuildPlan,
  batch: number,
): Promise<BuiltGraphs> {
  const isFloat = (name: string) => model.graph.values.get(name)?.constant?.type === "float32";
  const vary = new Set([...model.parameters.keys()].filter(isFloat));
  const fixed = (dropout: boolean) =>
    fixSizes(model, {
      shapes: plan.shapes(batch),
      batch,
      batchNorm: settings.batchNorm,
      dropout,
      allOutputs: true,
    }, vary);
  const training = await fixed(true);
  const present = (name: string) => training.graph.values.has(name);
  const parameters = [...new Set([...vary, ...training.running])].filter(present);
  const build: Build = { model, settings, plan, batch, parameters };
  const { graph, trained } = await trainingGraph(training, build);
  return {
    training: graph,
    evaluation: await evaluationGraph(await fixed(false), build),
    parameters,
    trained,
  };
}

interface Build {
  readonly model: Model;
  readonly settings: BuildSettings;
  readonly plan: BuildPlan;
  readonly batch: number;
  readonly parameters: readonly string[];
}

async function trainingGraph(
  { graph, batchNorms }: Fixed,
  { model, settings, plan, batch, parameters }: Build,
): Promise<{ graph: Graph; trained: ReadonlySet<string> }> {
  keepOutputs(graph, settings.outputs);
  const data = graph.inputs.map(({ name }) => name);
  drawMasks(graph, dropoutToMasks(graph, true));
  parametersToInputs(graph, parameters);
  writeOut(graph);
  await inferShapes(graph);
  const made = buildTrainingGraph(graph, {
    parameters: parameters.filter((name) => model.parameters.get(name)?.trainable),
    loss: settings.loss,
    targets: targetsOf(graph.outputs[0]!, settings, batch),
    batch,
    batchNorms,
    unweighted: plan.target,
    model,
    freeBatch: true,
  });
  const loss = nameLoss(graph, graph.value(made.loss));
  const order = { data: [...data, plan.target], parameters };
  const shape = settings.target === "stock" ? toStockTraining : toOfficialTraining;
  shape({ ...made, loss }, order, settings.outputs);
  if (settings.target === "stock") spreadProducts(graph);
  fitTarget(graph, settings.target);
  return { graph, trained: new Set(made.gradients.keys()) };
}

async function evaluationGraph(
  { graph }: Fixed,
  { model, settings, plan, batch, parameters }: Build,
): Promise<Graph> {
  const data = graph.inputs.map(({ name }) => name);
  dropoutToMasks(graph, false);
  parametersToInputs(graph, parameters);
  if (tooNew(graph, settings.target).length > 0) {
    writeOut(graph);
  }
  await inferShapes(graph);
  const g = new Builder(graph, { freeBatch: true });
  const { loss } = attachLoss(g, {
    loss: settings.loss,
    targets: targetsOf(graph.outputs[0]!, settings, batch),
    batch,
    unweighted: plan.target,
    model,
  });
  // The network's own outputs stay in the graph, for whoever cuts it there.
  const extra = settings.outputs.map((name) => graph.value(name));
  graph.outputs.splice(0, Infinity, graph.value(nameLoss(graph, loss)), ...extra);
  for (const value of extra) value.shape = undefined;
  orderInputs(graph, { data: [...data, plan.target], parameters });
  fitTarget(graph, settings.target);
  return graph;
}

/** The network's first output, of which the loss is taken, then what is asked for. */
function keepOutputs(graph: Graph, names: readonly string[]): void {
  const [first] = graph.outputs as [Value];
  const more = names.map((name) => graph.value(name)).filter((value) => value !== first);
  graph.outputs.splice(0, Infinity, first, ...more);
  graph.prune();
}

/** Gives the loss its name, under which it is a scalar. */
function nameLoss(graph: Graph, loss: Value): string {
  const name = graph.values.has(LOSS) ? graph.fresh(LOSS) : LOSS;
  const [named] = graph.add("Identity", [loss], { outputs: [name] }).outputs as [Value];
  Object.assign(named, { type: "float32", shape: [] });
  return name;
}

function targetsOf(
  output: Value,
  { loss, targets }: BuildSettings,
  batch: number,
): { readonly type: DataType; readonly shape: readonly number[] } {
  if (targets) return { type: targets.type, shape: [batch, ...targets.shape] };
  const shape = dimsOf(output);
  const { targets: kind } = lossOf(loss);
  if (kind === "groups") return { type: "int64", shape: [batch] };
  if (kind !== "classes") return { type: "float32", shape };
  const places = shape.slice(2);
  const isPooled = places.every((size) => size === 1);
  return { type: "int64", shape: [batch, ...isPooled ? [] : places] };
}
