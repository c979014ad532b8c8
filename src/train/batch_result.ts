import type { StepTaken } from "./gradient_sum.ts";
import type { LossResult } from "./loss_result.ts";
import type { Tensors } from "../runtime/runtime.ts";
import type { UpdateOutcome } from "./update_step.ts";

/** What became of an update. */
export interface Applied extends Partial<UpdateOutcome> {
  /** The step, where one was taken. */
  readonly taken?: StepTaken;
}

/** What a batch came to, and the update that it completed, if it did. */
export interface BatchResult extends LossResult, Applied {
  /** The model's outputs by name, where right answers were not counted on the device. */
  readonly outputs?: Tensors | undefined;
  /** Examples of weight above 0 that were right, where they were counted. */
  readonly right?: number | undefined;
}
