import { z } from "zod";
import type { Loss } from "../../artifacts/loss.ts";
import { lossSchema } from "../../artifacts/losses/schema.ts";
import type { ArtifactTarget } from "../../artifacts/write/target.ts";
import type { DataType } from "../../tensor/dtype.ts";
import { checkOptions } from "../../tensor/options.ts";
import { adamW } from "../optimizers/adamw.ts";
import { type Optimizer, optimizerSchema } from "../optimizers/optimizer.ts";
import type { BatchNormMode } from "../specialise.ts";

/** Options of `buildArtifacts`. */
export interface BuildArtifactsOptions {
  /** The loss, or one of your own. @default {"crossEntropy"} */
  readonly loss?: Loss;
  /** What an optimizer step does. @default {adamW()} */
  readonly optimizer?: Optimizer;
  /** The runtime that the files are for. @default {"ort-1.19"} */
  readonly target?: ArtifactTarget;
  /** Values of the network that a step gives beside the loss. @default {none} */
  readonly outputs?: readonly string[];
  /** Examples a step, where the batch size cannot stay free. @default {any} */
  readonly batchSize?: number;
  /** Sizes of the other free axes of the inputs, by their names. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** The targets of an example, for a loss of your own. @default {float32 of the output's shape} */
  readonly targets?: { readonly type: DataType; readonly shape: readonly number[] };
  /** For every layer. @default {"batch" where the layer is trained, "running" where it is frozen} */
  readonly batchNorm?: BatchNormMode;
  /** The largest norm of all gradients together; larger ones are scaled down. @default {any} */
  readonly clipNorm?: number;
}

const count = z.number().int().positive();

const schema: z.ZodType<BuildArtifactsOptions> = z.strictObject({
  loss: lossSchema.optional(),
  optimizer: optimizerSchema.optional(),
  target: z.enum(["ort-1.17", "ort-1.19", "stock"]).optional(),
  outputs: z.array(z.string()).optional(),
  batchSize: count.optional(),
  sizes: z.record(z.string(), count).optional(),
  targets: z.strictObject({
    type: z.enum(["float32", "int64"]),
    shape: z.array(z.number().int().min(0)),
  }).optional(),
  batchNorm: z.enum(["batch", "running"]).optional(),
  clipNorm: z.number().positive().optional(),
}) as z.ZodType<BuildArtifactsOptions>;

/** Options with nothing left out that has a default. */
export interface BuildSettings extends BuildArtifactsOptions {
  /** The loss. */
  readonly loss: Loss;
  /** What an optimizer step does. */
  readonly optimizer: Optimizer;
  /** The runtime that the files are for. */
  readonly target: ArtifactTarget;
  /** Values of the network that a step gives beside the loss. */
  readonly outputs: readonly string[];
}

/** Checks the options of `buildArtifacts` and fills in the defaults. */
export function buildSettings(options: BuildArtifactsOptions): BuildSettings {
  const given = checkOptions("buildArtifacts", schema, options);
  return { loss: "crossEntropy", optimizer: adamW(), target: "ort-1.19", outputs: [], ...given };
}
