import { z } from "zod";
import type { Selector } from "../../onnx/select.ts";
import { amount, type Optimizer, optimizerSchema, rate } from "../optimizers/optimizer.ts";
import type { BatchNormMode } from "../specialise.ts";

/** Learning rates from the first block of the network to the last, equal factors apart. */
export interface RateSpread {
  /** Of the first block that is trained. */
  readonly from: number;
  /** Of the last. */
  readonly to: number;
}

/** Learning rates that shrink with the distance from the classifier. */
export interface LayerDecay {
  /** The rate of each block, as a share of that of the next. */
  readonly factor: number;
  /** The least share of the rate that a block has. @default {0} */
  readonly least?: number;
  /**
   * The blocks, from the first to the last; what none of them selects has the whole rate.
   * @default {blocks(model)}
   */
  readonly layers?: readonly Selector[];
}

/** What is different for some parameters. A parameter belongs to the first group that selects it. */
export interface ParameterGroup {
  /** Which parameters. */
  readonly parameters: Selector;
  /** Another optimizer, at its own learning rate. @default {that of fit} */
  readonly optimizer?: Optimizer;
  /** Their learning rate before any schedule, or rates over depth. @default {the optimizer's} */
  readonly learningRate?: number | RateSpread;
  /** A factor on their learning rate; with 0 they stay as they are. @default {1} */
  readonly factor?: number;
  /** Their weight decay. @default {the optimizer's} */
  readonly weightDecay?: number;
  /** Batch normalisation of the layers whose weights these are. @default {that of fit} */
  readonly batchNorm?: BatchNormMode;
}

const selector = z.custom<Selector>((value) =>
  typeof value === "string" || typeof value === "function" ||
  typeof value === "object" && value !== null
).describe('a selector, such as "backbone" or /bias$/');

/** What rates over depth may be. */
export const spreadSchema: z.ZodType<RateSpread> = z.strictObject({ from: rate, to: rate })
  .describe("{ from: 1e-5, to: 1e-3 }");

/** What the option `layerDecay` may be. */
export const layerDecaySchema: z.ZodType<number | LayerDecay> = z.union([
  z.number().positive().max(1),
  z.strictObject({
    factor: z.number().positive().max(1),
    least: z.number().min(0).max(1).optional(),
    layers: z.array(selector).min(1).optional(),
  }),
]).describe("a number from 0 to 1, 0 excluded, or { factor: 0.75 }") as z.ZodType<
  number | LayerDecay
>;

/** What the option `groups` may be. */
export const groupsSchema: z.ZodType<readonly ParameterGroup[]> = z.array(z.strictObject({
  parameters: selector,
  optimizer: optimizerSchema.optional(),
  learningRate: z.union([rate, spreadSchema]).optional(),
  factor: amount.optional(),
  weightDecay: amount.optional(),
  batchNorm: z.enum(["batch", "running"]).optional(),
})) as unknown as z.ZodType<readonly ParameterGroup[]>;
