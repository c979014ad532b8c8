import { z } from "zod";
import { readArtifacts } from "../../artifacts/read/read_artifacts.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { Artifacts } from "./artifacts.ts";

/** Options of `loadArtifacts`. */
export interface LoadArtifactsOptions {
  /** What the names of the files begin with. @default {""} */
  readonly prefix?: string;
}

const schema: z.ZodType<LoadArtifactsOptions> = z.strictObject({
  prefix: z.string().optional(),
}) as z.ZodType<LoadArtifactsOptions>;

/**
 * Reads artifacts of ONNX Runtime's on-device training, also those made by the official Python tool:
 * `training_model.onnx`, `eval_model.onnx`, `checkpoint` and, where it is there,
 * `optimizer_model.onnx`. `fit`, `evaluate`, `predict` and `exportInference` take the result as a
 * model with the parameters of the checkpoint; `openTrainer` trains it step by step, as the official
 * runtime does.
 *
 * Requires `--allow-read`. Throws `Deno.errors.NotFound` where a file is missing, `SyntaxError` where
 * one is damaged or does not fit the others, `TypeError` for files in ORT format and for what Graft
 * cannot read, `RangeError` for a nominal checkpoint, which has no values.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { buildArtifacts, loadArtifacts, loadBackbone, saveArtifacts } from "@graft/graft";
 *
 * const folder = await Deno.makeTempDir();
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * await saveArtifacts(await buildArtifacts(model), folder);
 *
 * const artifacts = await loadArtifacts(folder);
 * assertEquals([...artifacts.checkpoint.trainable.keys()], [...model.parameters.keys()]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function loadArtifacts(
  folder: string | URL,
  options: LoadArtifactsOptions = {},
): Promise<Artifacts> {
  const checked = checkOptions("loadArtifacts", schema, options);
  const { network, checkpoint, files } = await readArtifacts(folder, checked);
  return { ...network, ...files, checkpoint };
}
