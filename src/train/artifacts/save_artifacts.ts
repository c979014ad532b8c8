import { fromFileUrl, join } from "@std/path";
import { z } from "zod";
import { writeCheckpoint } from "../../artifacts/checkpoint/checkpoint_file.ts";
import { replaceFile } from "../../onnx/replace_file.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { TrainingFiles } from "./artifacts.ts";

/** Options of `saveArtifacts`. */
export interface SaveArtifactsOptions {
  /** What the names of the files begin with. @default {""} */
  readonly prefix?: string;
}

const schema: z.ZodType<SaveArtifactsOptions> = z.strictObject({
  prefix: z.string().optional(),
}) as z.ZodType<SaveArtifactsOptions>;

/**
 * Writes artifacts into a folder, which is made where it is not there: `training_model.onnx`,
 * `eval_model.onnx`, `optimizer_model.onnx` and `checkpoint`. Each is written beside and renamed, so
 * that no half-written one is left; what the artifacts do not have is not written.
 *
 * Requires `--allow-read` and `--allow-write`. Throws an error that names the path where it cannot be
 * written.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { buildArtifacts, loadBackbone, saveArtifacts } from "@graft/graft";
 *
 * const folder = await Deno.makeTempDir();
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * await saveArtifacts(await buildArtifacts(model, { target: "ort-1.17" }), folder);
 * const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
 * assertEquals(names[0], "checkpoint");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function saveArtifacts(
  artifacts: TrainingFiles,
  folder: string | URL,
  options: SaveArtifactsOptions = {},
): Promise<void> {
  const { prefix = "" } = checkOptions("saveArtifacts", schema, options);
  const directory = folder instanceof URL ? fromFileUrl(folder) : folder;
  const { training, evaluation, optimizer, checkpoint } = artifacts;
  await Deno.mkdir(directory, { recursive: true });
  const path = (name: string) => join(directory, `${prefix}${name}`);
  const models = { training_model: training, eval_model: evaluation, optimizer_model: optimizer };
  for (const [name, bytes] of Object.entries(models)) {
    if (bytes) await replaceFile(path(`${name}.onnx`), [bytes]);
  }
  await writeCheckpoint(path("checkpoint"), checkpoint, { version: checkpoint.version ?? 2 });
}
