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
  const names = new Set([...checkpoint.trainable.keys(), ...checkpoint.frozen.keys()]);
  const read = async <T>(name: string, decode: (bytes: Uint8Array) => Promise<T>): Promise<T> => {
    const bytes = await Deno.readFile(path(name));
    try {
      return await decode(bytes);
    } catch (error) {
      throw Object.assign(error as Error, {
        message: `${path(name)}: ${(error as Error).message}`,
      });
    }
  };
  return {
    training: await read("training_model.onnx", (bytes) => readTrainingModel(bytes, names)),
    network: await read("eval_model.onnx", (bytes) => readInferenceModel(bytes, checkpoint)),
    optimizer: await read("optimizer_model.onnx", readOptimizerModel).catch(ifMissing),
    checkpoint,
  };
}

function ifMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
