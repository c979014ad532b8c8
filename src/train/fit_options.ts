import { z } from "zod";
import type { Loss } from "../artifacts/loss.ts";
import type { Model } from "../onnx/model.ts";
import type { Device } from "../runtime/onnxruntime.ts";
import type { Augment, Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { type Clip, clipSchema } from "./groups/clip.ts";
import {
  groupsSchema,
  type LayerDecay,
  layerDecaySchema,
  type ParameterGroup,
  type RateSpread,
  spreadSchema,
} from "./groups/group.ts";
import { adamW } from "./optimizers/adamw.ts";
import { type Optimizer, optimizerSchema } from "./optimizers/optimizer.ts";
import type { Schedule } from "./schedules/schedule.ts";
import { constant } from "./schedules/constant.ts";
import type { BatchNormMode } from "./specialise.ts";

/** Options of `fit`. */
export interface FitOptions {
  /** Data to evaluate on after each epoch. */
  readonly validation?: Dataset;
  /** Times through the data. @default {5} */
  readonly epochs?: number;
  /** Examples a step. @default {32} */
  readonly batchSize?: number;
  /** What a step does. @default {adamW()} */
  readonly optimizer?: Optimizer;
  /** Parameters for which something is different; the first group that selects one counts. */
  readonly groups?: readonly ParameterGroup[];
  /** Learning rates over the depth of the network. @default {the optimizer's, for all} */
  readonly learningRate?: RateSpread;
  /**
   * Learning rates that shrink from block to block towards the input, such as 0.75, for parameters
   * whose group has no rate of its own. @default {1}
   */
  readonly layerDecay?: number | LayerDecay;
  /**
   * Whether weight decay acts on biases and on scales of normalisations too, as in PyTorch's optimizers
   * unless they are told otherwise. @default {true}
   */
  readonly decayBiases?: boolean;
  /** How gradients are kept from being too large. @default {not at all} */
  readonly clip?: Clip;
  /** How the learning rate changes. @default {constant()} */
  readonly schedule?: Schedule;
  /** The loss, or one of your own. @default {"crossEntropy"} */
  readonly loss?: Loss;
  /** Random changes of the pictures. @default {"none"} */
  readonly augment?: Augment;
  /** For every layer. @default {"batch" where the layer is trained, "running" where it is frozen} */
  readonly batchNorm?: BatchNormMode;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
  /** Seed of the order, the random changes and dropout. @default {0} */
  readonly seed?: number;
  /** Whether the order is drawn anew each epoch. @default {true} */
  readonly shuffle?: boolean;
  /** Folder that the state is kept in after each epoch; a run resumes exactly from there. */
  readonly checkpoint?: string;
  /**
   * Most bytes of what the frozen part makes of the examples to keep in memory; past it they are kept
   * in a temporary file. @default {2^30}
   */
  readonly cacheBytes?: number;
  /**
   * Folder in which those features are kept for later runs over the same pictures with the same frozen
   * part, found by their content.
   */
  readonly cacheFolder?: string;
  /**
   * How many randomly changed copies of each picture the features are computed of, where pictures are
   * augmented; epochs take them in turn. 0 draws new ones each epoch, which runs the frozen part
   * every time. @default {0}
   */
  readonly cacheCopies?: number;
  /** Ends training early, at the next step; `fit` gives what is trained so far. */
  readonly signal?: AbortSignal;
  /** Whether to show progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

/** What an epoch came to. */
export interface EpochRecord {
  /** The epoch; the first is 1. */
  readonly epoch: number;
  /** Mean training loss. */
  readonly loss: number;
  /** Training accuracy; NaN where targets are not classes. */
  readonly accuracy: number;
  /** Learning rate of the last step. */
  readonly learningRate: number;
  /** Seconds it took, validation left out. */
  readonly seconds: number;
  /** Training examples a second. */
  readonly imagesPerSecond: number;
  /** On the validation data. */
  readonly validation?: { readonly loss: number; readonly accuracy: number };
}

/** What training came to. */
export interface History {
  /** By epoch. */
  readonly epochs: readonly EpochRecord[];
}

/** A trained model, and how it went. */
export interface FitResult {
  /** The trained model. */
  readonly model: Model;
  /** Losses and accuracies by epoch. */
  readonly history: History;
}

/** The loss or a gradient became NaN or infinite; the error carries the last good weights. */
export class DivergenceError extends Error {
  /** Its name. */
  override name = "DivergenceError";

  /** `model` has the weights of the last epoch that ended well. */
  constructor(
    message: string,
    /** The model as it was when the last epoch ended, or before the first. */
    readonly model: Model,
    /** The epochs that ended well. */
    readonly history: History,
  ) {
    super(message);
  }
}

const isFunction = (value: unknown) => typeof value === "function";
const dataset = z.custom<Dataset>((value) =>
  typeof value === "object" && value !== null && "length" in value && "get" in value
).describe("a data set: { length, get(index) }");

const schema: z.ZodType<FitOptions> = z.strictObject({
  validation: dataset.optional(),
  epochs: z.number().int().positive().optional(),
  batchSize: z.number().int().positive().optional(),
  optimizer: optimizerSchema.optional(),
  groups: groupsSchema.optional(),
  learningRate: spreadSchema.optional(),
  layerDecay: layerDecaySchema.optional(),
  decayBiases: z.boolean().optional(),
  clip: clipSchema.optional(),
  schedule: z.custom<Schedule>(isFunction).describe("a schedule, such as oneCycle()").optional(),
  loss: z.union([
    z.enum(["crossEntropy", "mse", "binaryCrossEntropy"]),
    z.custom<Loss>(isFunction).describe("a function"),
  ]).optional(),
  augment: z.custom<Augment>((value) => typeof value === "string" || Array.isArray(value))
    .describe('"none", "imagenet", "gentle" or a list of transforms').optional(),
  batchNorm: z.enum(["batch", "running"]).optional(),
  device: z.enum(["auto", "cpu", "cuda"]).optional(),
  seed: z.number().int().optional(),
  shuffle: z.boolean().optional(),
  checkpoint: z.string().min(1).optional(),
  cacheBytes: z.number().min(0).optional(),
  cacheFolder: z.string().min(1).optional(),
  cacheCopies: z.number().int().min(0).optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal)
    .describe("an AbortSignal").optional(),
  verbose: z.boolean().optional(),
}) as z.ZodType<FitOptions>;

/** Options with nothing left out that has a default. */
export interface FitSettings extends FitOptions {
  /** Times through the data. */
  readonly epochs: number;
  /** Examples a step. */
  readonly batchSize: number;
  /** What a step does. */
  readonly optimizer: Optimizer;
  /** How the learning rate changes. */
  readonly schedule: Schedule;
  /** The loss. */
  readonly loss: Loss;
  /** Random changes of the pictures. */
  readonly augment: Augment;
  /** Where to compute. */
  readonly device: Device;
  /** Seed. */
  readonly seed: number;
  /** Whether the order is drawn anew each epoch. */
  readonly shuffle: boolean;
  /** Most bytes of frozen features in memory. */
  readonly cacheBytes: number;
  /** Augmented copies of each picture whose features are kept. */
  readonly cacheCopies: number;
  /** Whether to show progress. */
  readonly verbose: boolean;
}

/** Checks the options of `fit` and fills in the defaults. */
export function fitSettings(options: FitOptions): FitSettings {
  const given = checkOptions("fit", schema, options);
  return {
    epochs: 5,
    batchSize: 32,
    optimizer: adamW(),
    schedule: constant(),
    loss: "crossEntropy",
    augment: "none",
    device: "auto",
    seed: 0,
    shuffle: true,
    cacheBytes: 2 ** 30,
    cacheCopies: 0,
    verbose: true,
    ...given,
  };
}
