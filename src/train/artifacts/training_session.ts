import { fromFileUrl } from "@std/path";
import type { Checkpoint } from "../../artifacts/checkpoint/checkpoint.ts";
import { readCheckpoint } from "../../artifacts/checkpoint/checkpoint_file.ts";
import { decodeCheckpoint } from "../../artifacts/checkpoint/decode.ts";
import type { Tensors } from "../../runtime/runtime.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import type { ArtifactTrainer } from "./artifact_trainer.ts";
import { LEARNING_RATE, openTrainer } from "./open_trainer.ts";

/** A file by its path or URL (`file:`, `http:`, `https:`), or its bytes. */
export type UriOrBuffer = string | Uint8Array;

/** What `TrainingSession.create` takes. */
export interface TrainingSessionCreateOptions {
  /** The checkpoint. */
  readonly checkpointState: UriOrBuffer;
  /** The training model. */
  readonly trainModel: UriOrBuffer;
  /** The optimizer model. */
  readonly optimizerModel?: UriOrBuffer;
  /** The evaluation model. */
  readonly evalModel?: UriOrBuffer;
}

/** Which outputs to give: names, or names with tensors to write into (`null`: new ones). */
export type Fetches = readonly string[] | Readonly<Record<string, Tensor | null>>;

/**
 * Official artifacts trained through the interface that `onnxruntime-web/training` had (1.17 to
 * 1.19), on the stock ONNX Runtime: the same names, arguments and results. What was wrong there is
 * right here: feeds are matched by name, a part of the outputs can be fetched, an evaluation step has
 * its own names, and parameters can be read and written at any time. What it lacked, such as the
 * learning rate and saving, `trainer` has.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { buildArtifacts, loadBackbone, saveArtifacts, TrainingSession } from "@graft/graft";
 *
 * const folder = await Deno.makeTempDir();
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * await saveArtifacts(await buildArtifacts(model), folder);
 *
 * const session = await TrainingSession.create({
 *   checkpointState: `${folder}/checkpoint`,
 *   trainModel: `${folder}/training_model.onnx`,
 *   optimizerModel: `${folder}/optimizer_model.onnx`,
 * });
 * const x = { type: "float32", dims: [2, 1, 28, 28], data: new Float32Array(1568) } as const;
 * const labels = { type: "int64", dims: [2], data: BigInt64Array.of(3n, 7n) } as const;
 * const { loss } = await session.runTrainStep({ x, labels });
 * await session.runOptimizerStep();
 * await session.lazyResetGrad();
 * assert(Number(loss!.data[0]) > 0);
 * await session.release();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class TrainingSession {
  private constructor(
    /** The same artifacts with everything that the official C API can do. */
    readonly trainer: ArtifactTrainer,
  ) {}

  /**
   * Reads artifacts. The second argument is taken for the sake of old programs and not used: the
   * session runs on the CPU. Throws as `openTrainer`.
   */
  static async create(
    { checkpointState, trainModel, optimizerModel, evalModel }: TrainingSessionCreateOptions,
    _sessionOptions?: object,
  ): Promise<TrainingSession> {
    const optional = async (file: UriOrBuffer | undefined) => file && await bytesOf(file);
    const trainer = await openTrainer({
      training: await bytesOf(trainModel),
      optimizer: await optional(optimizerModel) || undefined,
      evaluation: await optional(evalModel) || undefined,
      checkpoint: await checkpointOf(checkpointState),
    });
    trainer.learningRate = LEARNING_RATE;
    return new TrainingSession(trainer);
  }

  /** Names of what a training step is fed. */
  get trainingInputNames(): readonly string[] {
    return this.trainer.trainingInputs;
  }

  /** Names of what a training step gives. */
  get trainingOutputNames(): readonly string[] {
    return this.trainer.trainingOutputs;
  }

  /** Names of what an evaluation step is fed. Throws `Error` without an evaluation model. */
  get evalInputNames(): readonly string[] {
    return this.trainer.evalInputs;
  }

  /** Names of what an evaluation step gives. Throws `Error` without an evaluation model. */
  get evalOutputNames(): readonly string[] {
    return this.trainer.evalOutputs;
  }

  /** One step forward and back; gradients add up until `lazyResetGrad`. */
  async runTrainStep(
    feeds: Tensors,
    fetches?: Fetches | object,
    _options?: object,
  ): Promise<Record<string, Tensor>> {
    return fetched(await this.trainer.trainStep(feeds), fetches);
  }

  /** The outputs of the evaluation model with the parameters as they are. */
  async runEvalStep(
    feeds: Tensors,
    fetches?: Fetches | object,
    _options?: object,
  ): Promise<Record<string, Tensor>> {
    return fetched(await this.trainer.evalStep(feeds), fetches);
  }

  /** Changes the parameters by the gradients, at the learning rate 0.001 unless it was set. */
  runOptimizerStep(_options?: object): Promise<void> {
    return settled(() => this.trainer.optimizerStep());
  }

  /** The next training step replaces the gradients. */
  lazyResetGrad(): Promise<void> {
    return settled(() => this.trainer.lazyResetGrad());
  }

  /** Number of elements of the parameters. */
  getParametersSize(trainableOnly = true): Promise<number> {
    return settled(() => this.trainer.parametersSize(trainableOnly));
  }

  /** Writes the parameters from the bytes of float32 numbers, one parameter after the other. */
  loadParametersBuffer(buffer: Uint8Array, trainableOnly = true): Promise<void> {
    return settled(() => {
      const size = 4 * this.trainer.parametersSize(trainableOnly);
      if (buffer.byteLength !== size) {
        throw new RangeError(
          `loadParametersBuffer(): the buffer must have ${size} bytes, found ${buffer.byteLength}`,
        );
      }
      // A copy, for the bytes may begin anywhere.
      this.trainer.loadParameters(new Float32Array(buffer.slice().buffer), trainableOnly);
    });
  }

  /** The parameters, one after the other: float32 `[N]`. */
  getContiguousParameters(trainableOnly = true): Promise<Tensor<"float32">> {
    return settled(() => {
      const data = this.trainer.copyParameters(trainableOnly);
      return tensor("float32", [data.length], data);
    });
  }

  /** Frees the engine's memory. */
  release(): Promise<void> {
    return this.trainer.release();
  }
}

/** The result of `work`, or its error, by a promise. */
async function settled<T>(work: () => T): Promise<T> {
  return await work();
}

/** The outputs that are asked for; an object without a name of an output holds options. */
function fetched(
  outputs: Record<string, Tensor>,
  fetches: Fetches | object | undefined,
): Record<string, Tensor> {
  if (fetches === undefined) return outputs;
  const isList = Array.isArray(fetches);
  const wanted: Record<string, Tensor | null> = isList
    ? Object.fromEntries(fetches.map((name) => [name, null]))
    : fetches as Record<string, Tensor | null>;
  const names = Object.keys(wanted);
  if (!isList && !names.some((name) => Object.hasOwn(outputs, name))) return outputs;
  return Object.fromEntries(names.map((name) => {
    const output = outputs[name];
    if (!output) {
      const known = Object.keys(outputs).join(", ");
      throw new RangeError(`There is no output "${name}" to fetch; there are ${known}`);
    }
    const place = wanted[name];
    if (!place) return [name, output];
    (place.data as Float32Array).set(output.data as Float32Array);
    return [name, place];
  }));
}

async function bytesOf(file: UriOrBuffer): Promise<Uint8Array> {
  if (typeof file !== "string") return file;
  if (!/^https?:/.test(file)) return await Deno.readFile(pathOf(file));
  const response = await fetch(file);
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  await response.body?.cancel();
  throw new Error(`Cannot read ${file}: the server answers ${response.status}`);
}

async function checkpointOf(file: UriOrBuffer): Promise<Checkpoint> {
  if (typeof file === "string" && !/^https?:/.test(file)) return await readCheckpoint(pathOf(file));
  return decodeCheckpoint(await bytesOf(file));
}

function pathOf(file: string): string {
  return file.startsWith("file:") ? fromFileUrl(file) : file;
}
