import type { Checkpoint } from "../../artifacts/checkpoint/checkpoint.ts";
import { readInferenceModel } from "../../artifacts/read/inference_model.ts";
import type { Model } from "../../onnx/model.ts";
import { saveModel } from "../../onnx/save_model.ts";
import type { Artifacts } from "./artifacts.ts";

/**
 * Writes the network in artifacts, or a model that `fit` made of them, as a plain ONNX file without
 * loss, labels and gradients. With `checkpoint` the parameters are those, such as a trainer's:
 * `exportInference(artifacts, "model.onnx", { checkpoint: trainer.checkpoint() })`.
 *
 * Requires `--allow-write`. Throws an error that names the path where it cannot be written.
 */
export async function exportInference(
  artifacts: Artifacts | Model,
  path: string | URL,
  { checkpoint }: { readonly checkpoint?: Checkpoint } = {},
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
