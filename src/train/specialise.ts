import { attachImageInput, IMAGES } from "../artifacts/image_input.ts";
import type { Graph, Node, Value } from "../onnx/graph.ts";
import { layerName, showLayers } from "../onnx/layer_outputs.ts";
import type { Model } from "../onnx/model.ts";
import { inlineControlFlow } from "../onnx/passes/inline_control_flow.ts";
import { normalise } from "../onnx/passes/normalise.ts";
import { separate, type Separated } from "../onnx/passes/separate.ts";
import { fixInputShapes } from "../onnx/passes/static_shapes.ts";
import { makeStatic } from "../runtime/static_graph.ts";
import { attachTeacher } from "./teacher.ts";

/**
 * How batch normalisation works while training: `"batch"` by the statistics of the batch, running
 * averages updated; `"running"` by the running statistics, left alone.
 */
export type BatchNormMode = "batch" | "running";

/** The sizes and the mode a model is made ready for. */
export interface SpecialiseOptions {
  /** Shape of every input, batch included; pictures as bytes under the name `IMAGES`. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Batch size. */
  readonly batch: number;
  /**
   * For every layer, or by the name of its scale.
   * @default {"batch" where the layer is trained, "running" where it is frozen}
   */
  readonly batchNorm: BatchNormMode | undefined | ((scale: string) => BatchNormMode | undefined);
  /** Whether dropout layers that act while training are kept. */
  readonly dropout: boolean;
  /** Whether all outputs are kept, or the first only. */
  readonly allOutputs: boolean;
  /** Further outputs to keep, and layers that become outputs. @default {none} */
  readonly outputs?: readonly string[];
  /** A model that is run on the same inputs; its first output is kept under the name `TEACHER`. */
  readonly teacher?: Model | undefined;
}

/** A model of fixed sizes, split where training begins. */
export interface Specialised extends Separated {
  /** Batch normalisations by the batch, each by the name of its first output. */
  readonly batchNorms: ReadonlySet<string>;
  /** Names of the running statistics of those. */
  readonly running: readonly string[];
}

/** The name of the input that takes pictures. Throws `TypeError` where a model has none or several. */
export function pictureInput(model: Model): string {
  const candidates = model.inputs.filter((input) => input.shape.length === 4);
  if (candidates.length !== 1 || !model.preprocessing) {
    throw new TypeError(
      `The model "${model.name}" does not take pictures: its inputs are ` +
        model.inputs.map((input) => `"${input.name}" [${input.shape}]`).join(", "),
    );
  }
  return candidates[0]!.name;
}

/** Fixes the sizes of a model, folds what depends on them, and splits it at the freeze boundary. */
export async function specialise(
  model: Model,
  options: SpecialiseOptions,
): Promise<Specialised> {
  const { graph, batchNorms, running, isTrained, ofPictures } = await fixSizes(model, options);
  const stateful = (node: Node) =>
    node.opType === "Dropout" || batchNorms.has(node.outputs[0]?.name ?? "");
  return {
    ...separate(graph, {
      live: isTrained,
      stateful,
      cheap: (node) => ofPictures.has(node.outputs[0]?.name),
      batch: options.batch,
    }),
    batchNorms,
    running,
  };
}

/** A model of fixed sizes. */
export interface Fixed extends Pick<Specialised, "batchNorms" | "running"> {
  /** Its graph; every shape is static. */
  readonly graph: Graph;
  /** Whether training changes a constant. */
  readonly isTrained: (value: Value) => boolean;
  /** Names of what is made of pictures before the network sees them. */
  readonly ofPictures: ReadonlySet<string | undefined>;
}

/** Fixes the sizes of a model and folds what depends on them and on constants that do not `vary`. */
export async function fixSizes(
  model: Model,
  options: SpecialiseOptions,
  vary: ReadonlySet<string> = new Set(),
): Promise<Fixed> {
  const graph = model.graph.clone();
  const { outputs = [] } = options;
  showLayers(graph, outputs);
  if (!options.allOutputs) keepOutputs(graph, outputs);
  graph.prune();
  normalise(graph);
  const before = new Set(graph.nodes);
  if (IMAGES in options.shapes) {
    const input = graph.value(pictureInput(model));
    attachImageInput(graph, input, model.preprocessing!, options.batch, options.shapes);
  }
  const added = [...graph.nodes].filter((node) => !before.has(node));
  const ofPictures = new Set(added.flatMap(({ outputs }) => outputs.map((value) => value?.name)));
  const layers = [...graph.nodes].filter((node) => usesBatch(node, model, options.batchNorm));
  if (options.teacher) attachTeacher(graph, model, options.teacher, options);
  fixInputShapes(graph, options.shapes);
  const running = layers.flatMap((node) => [node.inputs[3]!.name, node.inputs[4]!.name]);
  const live = liveNames(model, running);
  const isTrained = (value: Value) => live.has(value.name);
  const isLive = (value: Value) => isTrained(value) || vary.has(value.name);
  await makeStatic(graph, isLive);
  // Loops inside loops take another round.
  for (let trained = trainedBy(graph, isTrained);; trained = trainedBy(graph, isTrained)) {
    if (!inlineControlFlow(graph, (node) => trained.has(node))) break;
    normalise(graph);
    await makeStatic(graph, isLive);
  }
  dropIdleDropout(graph, model, isTrained, options.dropout);
  const batchNorms = new Set(layers.map((node) => node.outputs[0]!.name));
  return { graph, batchNorms, running, isTrained, ofPictures };
}

/** Takes away all outputs but the first and those named. */
function keepOutputs(graph: Graph, names: readonly string[]): void {
  const wanted = new Set([...names, ...names.map(layerName)]);
  const kept = graph.outputs.filter((value, at) => at === 0 || wanted.has(value.name));
  graph.outputs.splice(0, Infinity, ...kept);
}

function liveNames(model: Model, running: readonly string[]): Set<string> {
  const trainable = [...model.parameters.values()].filter((parameter) => parameter.trainable);
  return new Set([...trainable.map((parameter) => parameter.name), ...running]);
}

function usesBatch(
  node: Node,
  model: Model,
  batchNorm: SpecialiseOptions["batchNorm"],
): boolean {
  if (node.opType !== "BatchNormalization") return false;
  const scale = node.inputs[1]?.name ?? "";
  const mode = typeof batchNorm === "function" ? batchNorm(scale) : batchNorm;
  if (mode === "running") return false;
  if (!node.inputs[3]?.constant || !node.inputs[4]?.constant) return false;
  const isTrained = [1, 2].some((position) =>
    model.parameters.get(node.inputs[position]?.name ?? "")?.trainable
  );
  return mode === "batch" || isTrained;
}

/**
 * Takes out dropout layers that do not act: all of them where dropout is off, else those inside a
 * frozen part, which is used as it is: nothing before them is trained, and frozen weights follow.
 */
function dropIdleDropout(
  graph: Graph,
  model: Model,
  isLive: (value: Value) => boolean,
  dropout: boolean,
): void {
  const trained = trainedBy(graph, isLive);
  for (const node of [...graph.nodes]) {
    if (node.opType !== "Dropout" || node.domain !== "") continue;
    const inFrozen = !trained.has(node) && leadsToFrozen(node, model, trained);
    if (dropout && !inFrozen) continue;
    graph.replaceUses(node.outputs[0]!, node.inputs[0]!);
    if (!node.outputs[1] || node.outputs[1].consumers.size === 0) graph.remove(node);
  }
}

/** Nodes that depend on something that trains. */
function trainedBy(graph: Graph, isLive: (value: Value) => boolean): Set<Node> {
  const trained = new Set<Node>();
  for (const node of graph.sorted()) {
    if (
      node.reads().some((value) => isLive(value) || value.producer && trained.has(value.producer))
    ) {
      trained.add(node);
    }
  }
  return trained;
}

function leadsToFrozen(node: Node, model: Model, trained: Set<Node>): boolean {
  const seen = new Set<Node>();
  const visit = (at: Node): boolean => {
    if (seen.has(at) || trained.has(at)) return false;
    seen.add(at);
    if (at.inputs.some((value) => value?.constant && model.parameters.has(value.name))) return true;
    return at.outputs.some((value) => value && [...value.consumers].some(visit));
  };
  return visit(node);
}
