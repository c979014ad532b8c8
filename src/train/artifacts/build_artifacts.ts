import type { Checkpoint } from "../../artifacts/checkpoint/checkpoint.ts";
import type { Loss } from "../../artifacts/loss.ts";
import { lossOf } from "../../artifacts/losses/by_name.ts";
import { mergeBatches } from "../../artifacts/write/merge_batches.ts";
import { encodeOptimizer } from "../../artifacts/write/optimizer_file.ts";
import {
  checkStockOptimizer,
  encodeStockOptimizer,
} from "../../artifacts/write/stock_optimizer.ts";
import { TARGET_LIMITS } from "../../artifacts/write/target.ts";
import { writeFacts } from "../../onnx/metadata.ts";
import type { Model } from "../../onnx/model.ts";
import { encodeGraph } from "../../onnx/write_model.ts";
import { defaultLoss } from "../default_loss.ts";
import { type Artifacts, RATE_PROPERTY } from "./artifacts.ts";
import { buildGraphs, type BuiltGraphs } from "./build_graphs.ts";
import { type BuildArtifactsOptions, type BuildSettings, buildSettings } from "./build_options.ts";
import { type BuildPlan, planBuild } from "./build_plan.ts";

/** Batch sizes from which the rule for any size is found; no size of a network is likely to be one. */
const PROBES = [211, 223, 227];

/** The entry of an evaluation model's metadata that names the outputs of the network itself. */
const OUTPUTS = "InferenceGraphOutputs";

/**
 * Makes artifacts of on-device training of a model: a training, an evaluation and an optimizer model
 * and a checkpoint. They are a model as well, which `fit` and `evaluate` take.
 *
 * For `"ort-1.17"` and `"ort-1.19"` the files are those that the official tool would make, and that
 * ONNX Runtime's training builds of 1.16 and 1.17, or 1.18 and 1.19, load: gradients in standard
 * operators, which training builds accumulate and apply. For `"stock"` no operator of a training build
 * is needed: sums and updates are outputs (see docs/artifacts.md). Parameters that are frozen, or do not reach
 * the loss, are frozen in the checkpoint too. The batch size stays free where the operators permit.
 *
 * Throws `RangeError` for an optimizer that the runtime does not have and where a size must be given,
 * `TypeError` for operators that it does not know, `NotDifferentiableError` as `fit` does.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { adamW, buildArtifacts, freeze, loadBackbone, replaceHead } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const model = replaceHead(freeze(backbone, "all"), { classes: ["odd", "even"] });
 * const { checkpoint } = await buildArtifacts(model, { optimizer: adamW({ weightDecay: 0 }) });
 * assertEquals([...checkpoint.trainable.keys()], ["head.weight", "head.bias"]);
 * ```
 */
export async function buildArtifacts(
  model: Model,
  options: BuildArtifactsOptions = {},
): Promise<Artifacts> {
  const loss = options.loss ?? defaultLoss(model, "buildArtifacts()");
  const settings = buildSettings({ ...options, loss });
  checkArtifactLoss(settings.loss);
  const plan = planBuild(model, settings);
  if (settings.target === "stock") checkStockOptimizer(settings.optimizer);
  const { opset } = TARGET_LIMITS[settings.target];
  const file = { opset, clipNorm: settings.clipNorm };
  const official = settings.target !== "stock" && encodeOptimizer(settings.optimizer, file);
  const { training, evaluation, parameters, trained } = await graphsFor(model, settings, plan);
  const updated = parameters.filter((name) => trained.has(name)).map((name) => ({
    name,
    shape: model.graph.value(name).constant!.dims,
  }));
  const metadata = writeFacts(model.metadata, model);
  metadata.set(OUTPUTS, model.graph.outputs.map(({ name }) => name).join(","));
  return {
    ...model,
    training: encodeGraph(training),
    evaluation: encodeGraph(evaluation, { metadata }),
    optimizer: official || encodeStockOptimizer(settings.optimizer, updated, file),
    checkpoint: checkpointOf(model, settings, parameters, trained),
  };
}

/** Throws `TypeError` for a loss that needs more than the artifacts are fed. */
function checkArtifactLoss(loss: Loss): void {
  const { name, teacher, ramps, withCounts } = lossOf(loss);
  if (teacher) {
    throw new TypeError(
      `buildArtifacts(): the loss "${name}" runs a teacher beside the model, which artifacts have no ` +
        "place for; train with fit(), or build for the loss that the teacher is combined with",
    );
  }
  if (ramps && Object.keys(ramps).length > 0) {
    throw new TypeError(
      `buildArtifacts(): the loss "${name}" has numbers that change over training, for which artifacts ` +
        "have no place; train with fit()",
    );
  }
  if (!withCounts) return;
  throw new TypeError(
    `buildArtifacts(): the loss "${name}" has weights that are counted in data; give them as numbers: ` +
      "{ classWeights: await balancedWeights(dataset) }",
  );
}

async function graphsFor(
  model: Model,
  settings: BuildSettings,
  plan: BuildPlan,
): Promise<BuiltGraphs> {
  const at = (batch: number) => buildGraphs(model, settings, plan, batch);
  if (plan.batchInput === undefined) return await at(plan.batchSize!);
  const made: BuiltGraphs[] = [];
  for (const size of PROBES) made.push(await at(size));
  const merge = (which: "training" | "evaluation") =>
    mergeBatches(made.map((graphs) => graphs[which]), PROBES, plan.batchInput!);
  try {
    return { ...made[0]!, training: merge("training"), evaluation: merge("evaluation") };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(
      `buildArtifacts(): ${error.message}. Fix the size: { batchSize: 16 }`,
      { cause: error },
    );
  }
}

function checkpointOf(
  model: Model,
  { target, optimizer }: BuildSettings,
  parameters: readonly string[],
  trained: ReadonlySet<string>,
): Checkpoint {
  const entries = parameters.map((name) => [name, model.graph.value(name).constant!] as const);
  return {
    trainable: new Map(entries.filter(([name]) => trained.has(name))),
    frozen: new Map(entries.filter(([name]) => !trained.has(name))),
    optimizerGroups: [],
    properties: new Map([[RATE_PROPERTY, Math.fround(optimizer.learningRate)]]),
    nominal: false,
    version: TARGET_LIMITS[target].checkpoint,
  };
}
