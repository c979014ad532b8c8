import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";

/** A learning rate that rises from 0 while warming up and then falls to 0, both in a line. */
export interface LinearSchedule {
  /** Steps until the learning rate is at its highest. @default {0} */
  readonly warmUpSteps?: number;
  /** Steps until it is 0. */
  readonly totalSteps: number;
  /** The highest learning rate. @default {the learning rate at the time} */
  readonly initialLearningRate?: number;
}

const schema: z.ZodType<LinearSchedule> = z.strictObject({
  warmUpSteps: z.number().int().min(0).optional(),
  totalSteps: z.number().int().positive(),
  initialLearningRate: z.number().positive().optional(),
}) as z.ZodType<LinearSchedule>;

/**
 * The learning rate after `step` optimizer steps, as ONNX Runtime's linear scheduler has it. Throws
 * `TypeError` or `RangeError` for options that are not allowed.
 */
export function linearSchedule(options: LinearSchedule, initial: number): (step: number) => number {
  const checked = checkOptions("linearSchedule", schema, options);
  const { warmUpSteps = 0, totalSteps, initialLearningRate = initial } = checked;
  return (step) => {
    const factor = step < warmUpSteps
      ? step / Math.max(1, warmUpSteps)
      : Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmUpSteps));
    return initialLearningRate * factor;
  };
}
