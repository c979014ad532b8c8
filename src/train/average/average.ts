import { z } from "zod";

/** An exponential moving average of the weights, made after every step. */
export interface ExponentialAverage {
  /** What is left of the average at each step; or that, and whether it starts gently. */
  readonly ema: number | ExponentialAverageOptions;
}

/** Options of an exponential moving average. */
export interface ExponentialAverageOptions {
  /** What is left of the average at each step. @default {0.999} */
  readonly decay?: number;
  /**
   * Whether the decay grows as (1 + n)/(10 + n) over the first steps, so that short runs do not keep
   * the weights they began with. @default {false}
   */
  readonly warmUp?: boolean;
}

/** The mean of the weights at the ends of the last epochs. */
export interface StochasticAverage {
  /** `true` for the defaults. */
  readonly swa: true | StochasticAverageOptions;
}

/** Options of stochastic weight averaging. */
export interface StochasticAverageOptions {
  /** Share of the epochs before the first that counts. @default {0.75} */
  readonly from?: number;
  /** Epochs from one that counts to the next; the last one does. @default {1} */
  readonly every?: number;
}

/** Which average of the weights a run gives. */
export type Average = ExponentialAverage | StochasticAverage;

const decay = z.number().gt(0).lt(1);

/** What the option `average` may be. */
export const averageSchema: z.ZodType<Average> = z.union([
  z.strictObject({
    ema: z.union([
      decay,
      z.strictObject({ decay: decay.optional(), warmUp: z.boolean().optional() }),
    ]),
  }),
  z.strictObject({
    swa: z.union([
      z.literal(true),
      z.strictObject({
        from: z.number().min(0).lt(1).optional(),
        every: z.number().int().positive().optional(),
      }),
    ]),
  }),
]).describe("{ ema: 0.999 }, { ema: { decay, warmUp } } or { swa: { from, every } }") as z.ZodType<
  Average
>;

/** The decay of step `count` (the first is 1) of an exponential average. */
export function decayOf({ ema }: ExponentialAverage, count: number): number {
  const { decay = 0.999, warmUp = false } = typeof ema === "number" ? { decay: ema } : ema;
  return warmUp ? Math.min(decay, (1 + count) / (10 + count)) : decay;
}

/** Whether the weights at the end of an epoch (the first is 1) enter a stochastic average. */
export function countsEpoch({ swa }: StochasticAverage, epoch: number, epochs: number): boolean {
  const { from = 0.75, every = 1 } = swa === true ? {} : swa;
  return epoch > from * epochs && (epochs - epoch) % every === 0;
}
