import { z } from "zod";
import type { Loss } from "../artifacts/loss.ts";
import { lossSchema } from "../artifacts/losses/schema.ts";
import { type StayNear, stayNearSchema } from "../artifacts/losses/stay_near.ts";
import {
  type Device,
  deviceOption,
  type DeviceOptions,
  deviceOptionsOption,
} from "../runtime/device.ts";
import type { Augment, Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { type Average, averageSchema } from "./average/average.ts";
import type { Callback } from "./callbacks/callback.ts";
import type { CheckpointPolicy } from "./checkpoint_policy.ts";
import { checkTogether } from "./check_together.ts";
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
import type { Mix } from "./mix/mix.ts";
import { type Precision, precisionOption } from "./precision/precision.ts";
import type { MemoryMode } from "./program.ts";
import type { Sampler } from "./samplers/sampler.ts";
import type { BatchNormMode } from "./specialise.ts";

export type { EpochRecord, FitResult, History } from "./history.ts";

/** Options of `fit`. */
export interface FitOptions {
  /** Data to evaluate on after each epoch. */
  readonly validation?: Dataset;
  /** Times through the data. @default {5} */
  readonly epochs?: number;
  /**
   * Examples a step. `"auto"` is the largest power of two, up to 512 and to the number of examples, whose
   * step fits into memory, found by trying; a run that resumes keeps the one it had. @default {32}
   */
  readonly batchSize?: number | "auto";
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
  /**
   * Batches whose gradients make one step, each weighed by its examples: as if they were one batch, but
   * for the statistics of batch normalisation. The last step of an epoch takes what is left. @default {1}
   */
  readonly accumulate?: number;
  /** An average of the weights, to validate with and to give in the place of the last. */
  readonly average?: Average;
  /** The loss, or one of your own. @default {"crossEntropy", or what the model's task asks for} */
  readonly loss?: Loss;
  /**
   * A penalty that keeps parameters near their starting values, such as `l2sp()`; part of the training
   * loss. @default {none}
   */
  readonly stayNear?: StayNear;
  /** Random changes of the pictures. @default {"none"} */
  readonly augment?: Augment;
  /**
   * Where that is done: while pictures are decoded, or in the training graph, to whole batches, with the
   * same draws. `"device"` takes crops, flips, `rotate`, `shear`, `perspective`, `grayscale` and
   * `colorJitter` without hue; parts are shown bilinearly out of pictures of the size that evaluation
   * resizes to. @default {"cpu"}
   */
  readonly augmentOn?: "cpu" | "device";
  /**
   * Mixes the examples of each batch, such as `mixUp()`. What is frozen then runs every time; nothing of
   * the training examples is kept.
   */
  readonly mix?: Mix;
  /** For every layer. @default {"batch" where the layer is trained, "running" where it is frozen} */
  readonly batchNorm?: BatchNormMode;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
  /** How the device computes. @default {{}} */
  readonly deviceOptions?: DeviceOptions;
  /**
   * What steps compute matrix products and convolutions in; parameters, optimizers, normalisations, losses
   * and validation stay float32. "float16" scales the loss, and skips steps whose gradients were too
   * large for the scale. Faster on graphics cards that have units for it, slower on the CPU.
   * @default {"float32"}
   */
  readonly precision?: Precision;
  /** Seed of the order, the random changes and dropout. @default {0} */
  readonly seed?: number;
  /** Whether the order is drawn anew each epoch. @default {true} */
  readonly shuffle?: boolean;
  /**
   * Which examples an epoch takes: "balanced" draws every class as often as any other, with replacement.
   * @default all, once each
   */
  readonly sampler?: "balanced" | Sampler;
  /** Steps of an epoch, where it is to be shorter than the data, or these are a stream. @default as many as the data give */
  readonly stepsPerEpoch?: number;
  /**
   * Folder that the state is kept in after each epoch and when the signal ends the run, or when and
   * what is kept; a run resumes exactly from there.
   */
  readonly checkpoint?: string | CheckpointPolicy;
  /** What listens to the run, in order. @default {[]} */
  readonly callbacks?: readonly Callback[];
  /**
   * What a step keeps for its backward pass. `"low"` keeps a part of it and computes the rest again,
   * for networks and batches that do not fit otherwise: the gradients are the same, a step takes up to
   * a third longer. @default {"normal"}
   */
  readonly memory?: MemoryMode;
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
  /**
   * Tries everything once and throws the result away: steps on whole and last batches, validation, a
   * checkpoint written and read in a temporary folder. Callbacks are not called. @default {false}
   */
  readonly dryRun?: boolean;
  /**
   * Trains on the first so many batches only, in their order and without random changes, which must
   * bring the loss near 0; validation takes as many. 0 trains on all. @default {0}
   */
  readonly overfitBatches?: number;
  /**
   * Ends training early, when the step at hand is done: the checkpoint is written, and `fit` gives what
   * is trained so far.
   */
  readonly signal?: AbortSignal;
  /** Whether to show progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

const isFunction = (value: unknown) => typeof value === "function";
const dataset = z.custom<Dataset>((value) =>
  typeof value === "object" && value !== null && "length" in value && "get" in value
).describe("a data set: { length, get(index) }");

const schema: z.ZodType<FitOptions> = z.strictObject({
  validation: dataset.optional(),
  epochs: z.number().int().positive().optional(),
  batchSize: z.union([z.number().int().positive(), z.literal("auto")]).optional(),
  optimizer: optimizerSchema.optional(),
  groups: groupsSchema.optional(),
  learningRate: spreadSchema.optional(),
  layerDecay: layerDecaySchema.optional(),
  decayBiases: z.boolean().optional(),
  clip: clipSchema.optional(),
  schedule: z.custom<Schedule>(isFunction).describe("a schedule, such as oneCycle()").optional(),
  accumulate: z.number().int().positive().optional(),
  average: averageSchema.optional(),
  loss: lossSchema.optional(),
  stayNear: stayNearSchema.optional(),
  augment: z.custom<Augment>((value) => typeof value === "string" || Array.isArray(value))
    .describe('a recipe such as "imagenet", or a list of transforms').optional(),
  augmentOn: z.enum(["cpu", "device"]).optional(),
  mix: z.custom<Mix>((value) => typeof value === "object" && value !== null && "apply" in value)
    .describe("a mix, such as mixUp()").optional(),
  batchNorm: z.enum(["batch", "running"]).optional(),
  device: deviceOption,
  deviceOptions: deviceOptionsOption,
  precision: precisionOption,
  seed: z.number().int().optional(),
  shuffle: z.boolean().optional(),
  sampler: z.custom<"balanced" | Sampler>((value) =>
    value === "balanced" || typeof value === "object" && value !== null && "draw" in value
  ).describe('"balanced" or a sampler').optional(),
  stepsPerEpoch: z.number().int().positive().optional(),
  checkpoint: z.union([
    z.string().min(1).describe("a folder"),
    z.custom<CheckpointPolicy>((value) => typeof value === "object" && value !== null)
      .describe("a policy { folder, everySteps, everySeconds, keepLast, keepBest }"),
  ]).optional(),
  callbacks: z.array(
    z.custom<Callback>((value) => typeof value === "object" && value !== null)
      .describe("a callback, such as earlyStopping()"),
  ).optional(),
  dryRun: z.boolean().optional(),
  overfitBatches: z.number().int().min(0).optional(),
  memory: z.enum(["normal", "low"]).optional(),
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
  /** Batches whose gradients make one step. */
  readonly accumulate: number;
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
  /** What listens. */
  readonly callbacks: readonly Callback[];
  /** Whether everything is only tried. */
  readonly dryRun: boolean;
  /** Batches to overfit; 0 for all. */
  readonly overfitBatches: number;
  /** Whether to show progress. */
  readonly verbose: boolean;
}

/** Checks the options of `fit` and fills in the defaults. */
export function fitSettings(options: FitOptions): FitSettings {
  const { mix, sampler, precision, ...given } = checkOptions("fit", schema, options);
  checkTogether({ ...given, mix });
  return {
    epochs: 5,
    optimizer: adamW(),
    schedule: constant(),
    accumulate: 1,
    loss: "crossEntropy",
    augment: "none",
    device: "auto",
    seed: 0,
    shuffle: true,
    cacheBytes: 2 ** 30,
    cacheCopies: 0,
    callbacks: [],
    dryRun: false,
    overfitBatches: 0,
    verbose: true,
    ...given,
    // The one that fits is found once there is an engine to try it on.
    batchSize: given.batchSize === "auto" ? 1 : given.batchSize ?? 32,
    // As if it were not given, so that earlier checkpoints fit.
    ...(precision !== "float32" && precision && { precision }),
    ...(!given.overfitBatches && { ...(mix && { mix }), ...(sampler && { sampler }) }),
    // Batches that are to be learned by heart must be the same each time.
    ...(given.overfitBatches && { shuffle: false, augment: "none" }),
  };
}
