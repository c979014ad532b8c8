import { attachLoss, TARGETS, WEIGHTS } from "../../artifacts/losses/attach_loss.ts";
import { normaliseByBatch, parametersToInputs } from "../../artifacts/training_graph.ts";
import { Builder } from "../../autodiff/builder.ts";
import { toHalf } from "../../autodiff/precision/to_half.ts";
import { dropoutToMasks } from "../../onnx/passes/fold_dropout.ts";
import type { Tensors } from "../../runtime/runtime.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { DivergenceKind } from "../divergence_error.ts";
import type { HostBatch } from "../loader.ts";
import { drawMask } from "../draw_mask.ts";
import { halfFor } from "../precision/precision.ts";
import type { Program } from "../program.ts";
import type { Trainer } from "../trainer.ts";
import { firstNonFinite, nonFinite } from "./non_finite.ts";

/** What was the first that is not finite. */
export interface Finding {
  readonly kind: DivergenceKind;
  /** The name of the input, parameter or node. */
  readonly name: string;
  /** The same in words. */
  readonly text: string;
}

/** A batch as the data set gives it, and as the trained part of the model was fed it. */
export interface Suspect {
  readonly batch: HostBatch;
  readonly names: readonly (string | undefined)[];
  readonly features: Tensors;
  readonly targets: Tensor;
  readonly weights: Tensor<"float32">;
}

/**
 * Finds what was not finite first in a batch whose loss is not finite: the data, a parameter, or the
 * output of a layer, by running the batch again with every output shown.
 */
export async function diagnose(
  trainer: Trainer,
  program: Program,
  suspect: Suspect,
): Promise<Finding> {
  return inData(suspect) ?? inParameters(trainer) ??
    await inFrozen(trainer, program, suspect) ?? await inRest(trainer, program, suspect);
}

/** Looks at what the data set gave. */
function inData({ batch, names }: Suspect): Finding | undefined {
  const parts: [DivergenceKind, string, string, Tensor | undefined][] = [
    ...Object.entries(batch.inputs).map(([name, one]): typeof parts[number] => [
      "input",
      name,
      `the input "${name}"`,
      one,
    ]),
    ["target", "", "the target", batch.targets],
    ["weight", "", "the weight", batch.weights],
  ];
  for (const [kind, name, what, tensor] of parts) {
    const found = tensor && nonFinite(tensor);
    if (!found) continue;
    const row = Math.floor(found.index / (tensor.data.length / tensor.dims[0]!));
    const example = names[row] === undefined ? `example ${batch.indices[row]}` : `"${names[row]}"`;
    return { kind, name, text: `${what} of ${example} holds ${found.value}` };
  }
  return undefined;
}

/** The first parameter that is not finite: an update before has made it so. */
export function inParameters(trainer: Trainer): Finding | undefined {
  const { memory } = trainer;
  for (const name of memory.names) {
    const found = nonFinite(memory.view(name, 0));
    if (!found) continue;
    const text =
      `the parameter "${name}" holds ${found.value}: the update of the step before made ` +
      "it so, by a gradient that was too large";
    return { kind: "parameter", name, text };
  }
  return undefined;
}

async function inFrozen(
  { runtime, model }: Trainer,
  { specialised }: Program,
  { batch }: Suspect,
): Promise<Finding | undefined> {
  if (!specialised.frozen) return undefined;
  const { source } = model;
  const found = await firstNonFinite(runtime, specialised.frozen, { feeds: batch.inputs, source });
  return found && nodeFinding(found);
}

async function inRest(trainer: Trainer, program: Program, suspect: Suspect): Promise<Finding> {
  const { runtime, memory, model } = trainer;
  const { specialised, options } = program;
  const graph = specialised.rest.clone();
  const masks = dropoutToMasks(graph, options.dropout);
  normaliseByBatch(graph, specialised.batchNorms);
  parametersToInputs(graph, memory.names);
  const half = await halfFor(runtime, options.precision);
  if (half) toHalf(graph, new Set(memory.names), half);
  const ofModel = new Set(
    [...graph.nodes].map((node) => node.outputs.find((value) => value)?.name),
  );
  const { loss } = attachLoss(new Builder(graph), { ...options, model, training: true });
  graph.outputs.push(loss);
  const { features, targets, weights } = suspect;
  const feeds: Record<string, Tensor> = { ...features, [TARGETS]: targets, [WEIGHTS]: weights };
  for (const name of memory.names) feeds[name] = memory.view(name, 0);
  const random = trainer.dropout();
  for (const mask of masks) feeds[mask.input.name] = drawMask(mask, random);
  const found = await firstNonFinite(runtime, graph, { feeds, source: model.source });
  if (!found) return { kind: "unknown", name: "", text: "every layer's output is finite" };
  if (ofModel.has(found.node.outputs.find((value) => value)?.name)) return nodeFinding(found);
  const text = `all outputs of the model are finite, the loss computed of them is not`;
  return { kind: "loss", name: "", text };
}

function nodeFinding({ node, value }: NonNullable<Awaited<ReturnType<typeof firstNonFinite>>>) {
  const name = node.name || (node.outputs.find((output) => output)?.name ?? "");
  const text = `${node} is the first whose output is not finite: it holds ${value}`;
  return { kind: "node" as const, name, text };
}
