import { z } from "zod";
import { checkOptions } from "../tensor/options.ts";
import { type CheckpointPolicy, checkpointPolicySchema } from "./checkpoint_policy.ts";

/** A policy by itself, so that errors name the part of it that is wrong. */
const policySchema: z.ZodType<{ checkpoint: CheckpointPolicy }> = z.strictObject({
  checkpoint: checkpointPolicySchema,
});

/** Options of `fit` that must be looked at together. */
export interface Together {
  readonly checkpoint?: string | CheckpointPolicy;
  readonly mix?: unknown;
  readonly cacheCopies?: number;
  readonly augmentOn?: "cpu" | "device";
}

/** Throws for options of `fit` that exclude each other, and for a policy of checkpoints that is wrong. */
export function checkTogether(options: Together): void {
  if (typeof options.checkpoint === "object") {
    checkOptions("fit", policySchema, { checkpoint: options.checkpoint });
  }
  if (options.mix && (options.cacheCopies ?? 0) > 0) {
    throw new RangeError(
      'fit(): option "cacheCopies" keeps features of single examples, which "mix" mixes anew each ' +
        "step: give one of them",
    );
  }
  if (options.mix && options.augmentOn === "device") {
    throw new RangeError(
      'fit(): option "mix" mixes pictures that are changed already, before they reach the device: ' +
        'leave augmentOn: "device" out',
    );
  }
}
