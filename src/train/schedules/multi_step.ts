import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import type { Schedule } from "./schedule.ts";

/** Options of `multiStep`. */
export interface MultiStepOptions {
  /** How many epochs have ended when the learning rate drops, in ascending order. */
  readonly milestones: readonly number[];
  /** What the learning rate is multiplied by at each of them. @default {0.1} */
  readonly factor?: number;
}

const schema: z.ZodType<MultiStepOptions> = z.strictObject({
  milestones: z.array(z.number().positive()).nonempty(),
  factor: z.number().positive().optional(),
}) as unknown as z.ZodType<MultiStepOptions>;

/**
 * The learning rate multiplied by `factor` after each of some epochs, as
 * `torch.optim.lr_scheduler.MultiStepLR`. Throws `RangeError` where the epochs do not ascend.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { multiStep } from "@graft/graft";
 *
 * const schedule = multiStep({ milestones: [2, 5], factor: 0.5 });
 * assertEquals([19, 20, 50].map((step) => schedule(step, 100, 10)), [1, 0.5, 0.25]);
 * ```
 */
export function multiStep(options: MultiStepOptions): Schedule {
  const { milestones, factor = 0.1 } = checkOptions("multiStep", schema, options);
  if (milestones.some((epoch, index) => epoch < (milestones[index - 1] ?? 0))) {
    throw new RangeError(
      `multiStep(): option "milestones" must ascend, found [${milestones.join(", ")}]`,
    );
  }
  return (step, _total, stepsPerEpoch) => {
    const epoch = Math.floor(step / stepsPerEpoch);
    return factor ** milestones.filter((milestone) => milestone <= epoch).length;
  };
}
