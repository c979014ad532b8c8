import type { Checkpoint } from "../../artifacts/checkpoint/checkpoint.ts";
import { readInferenceModel } from "../../artifacts/read/inference_model.ts";
import type { Model } from "../../onnx/model.ts";
import { saveModel } from "../../onnx/save_model.ts";
import type { Artifacts } from "./artifacts.ts";

/** Options of `exportInference`. */
export interface ExportInferenceOptions {
  /** Parameters to write in the place of those of the artifacts, such as a trainer's. */
  readonly checkpoint?: Checkpoint;
}

/**
 * Writes the network in artifacts, or a model that `fit` made of them, as a plain ONNX file without
 * loss, labels and gradients.
 *
 * Requires `--allow-write`. Throws an error that names the path where it cannot be written.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { buildArtifacts, exportInference, loadBackbone, openTrainer } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const artifacts = await buildArtifacts(model);
 * const trainer = await openTrainer(artifacts);
 * const file = await Deno.makeTempFile({ suffix: ".onnx" });
 * await exportInference(artifacts, file, { checkpoint: trainer.checkpoint() });
 * assertEquals((await loadBackbone(file)).inputs[0]!.name, "x");
 * await trainer.release();
 * await Deno.remove(file);
 * ```
 */
export async function exportInference(
  artifacts: Artifacts | Model,
  path: string | URL,
  { checkpoint }: ExportInferenceOptions = {},
): Promise<void> {
  if (!checkpoint) return await saveModel(artifacts, path);
  if (!("evaluation" in artifacts)) {
    throw new TypeError(
      `exportInference(): option "checkpoint" needs artifacts, found the model "${artifacts.name}"`,
    );
  }
  const { name, classes, preprocessing } = artifacts;
  const network = await readInferenceModel(artifacts.evaluation, checkpoint, name);
  await saveModel({ ...network, classes, preprocessing }, path);
}
