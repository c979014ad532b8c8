import { fromFileUrl, join } from "@std/path";
import type { Model } from "../../onnx/model.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { readCheckpoint } from "../checkpoint/checkpoint_file.ts";
import { readInferenceModel } from "./inference_model.ts";
import { type OptimizerModel, readOptimizerModel } from "./optimizer_model.ts";
import { readTrainingModel, type TrainingModel } from "./training_model.ts";

/** The files of ONNX Runtime's on-device training, read. */
export interface OfficialArtifacts {
  /** Loss and gradients of a batch; to be lowered before it runs. */
  readonly training: TrainingModel;
  /** The network with the parameters of the checkpoint, without its loss. */
  readonly network: Model;
  /** What an optimizer step does, where there is such a file. */
  readonly optimizer: OptimizerModel | undefined;
  /** Parameters and the state of the optimizer. */
  readonly checkpoint: Checkpoint;
  /** The bytes of the three models. */
  readonly files: ModelFiles;
}

/** The models of on-device training as the bytes of their files. */
export interface ModelFiles {
  /** `training_model.onnx`. */
  readonly training: Uint8Array;
  /** `eval_model.onnx`. */
  readonly evaluation: Uint8Array;
  /** `optimizer_model.onnx`, where there is one. */
  readonly optimizer: Uint8Array | undefined;
}

/** How the files are called. */
export interface ReadArtifactsOptions {
  /** What all names begin with. @default {""} */
  readonly prefix?: string;
}

/**
 * Reads `training_model.onnx`, `eval_model.onnx`, `checkpoint` and, where it is there,
 * `optimizer_model.onnx` of a folder. Throws an error that names the file where one is missing or
 * damaged.
 */
export async function readArtifacts(
  folder: string | URL,
  { prefix = "" }: ReadArtifactsOptions = {},
): Promise<OfficialArtifacts> {
  const directory = folder instanceof URL ? fromFileUrl(folder) : folder;
  const path = (name: string) => join(directory, `${prefix}${name}`);
  const checkpoint = await readCheckpoint(path("checkpoint"));
  const files: ModelFiles = {
    training: await readModelFile(path("training_model.onnx")),
    evaluation: await readModelFile(path("eval_model.onnx")),
    optimizer: await readModelFile(path("optimizer_model.onnx")).catch(ifMissing),
  };
  const names = new Set([...checkpoint.trainable.keys(), ...checkpoint.frozen.keys()]);
  return {
    training: await naming(
      path("training_model.onnx"),
      () => readTrainingModel(files.training, names),
    ),
    network: await naming(
      path("eval_model.onnx"),
      () => readInferenceModel(files.evaluation, checkpoint),
    ),
    optimizer: files.optimizer &&
      await naming(path("optimizer_model.onnx"), () => readOptimizerModel(files.optimizer!)),
    checkpoint,
    files,
  };
}

async function readModelFile(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    const twin = path.replace(/\.onnx$/, ".ort");
    if (!(error instanceof Deno.errors.NotFound) || !await exists(twin)) throw error;
    throw new TypeError(
      `${twin} is in ORT format, which holds a graph as one build of ONNX Runtime compiled it; ` +
        `Graft reads the ONNX format. Put ${path} beside it: generate_artifacts writes both`,
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function naming<T>(path: string, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    throw Object.assign(error as Error, { message: `${path}: ${(error as Error).message}` });
  }
}

function ifMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
