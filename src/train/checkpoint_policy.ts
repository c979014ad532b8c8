import { z } from "zod";
import type { Monitor, MonitorMode } from "./callbacks/monitor.ts";

/** When checkpoints are written, and which are kept. */
export interface CheckpointPolicy {
  /** Where they go: the newest is `checkpoint`, the best `best`, earlier ones `checkpoint-000120` by their steps. */
  readonly folder: string;
  /** Steps between two, beside those after each epoch. */
  readonly everySteps?: number;
  /** Least time between two, in seconds, beside those after each epoch. */
  readonly everySeconds?: number;
  /** How many are kept, the newest included. @default {1} */
  readonly keepLast?: number;
  /** Keeps that of the best epoch as well. */
  readonly keepBest?: KeepBest;
}

/** Which epoch is the best one. */
export interface KeepBest {
  /** The number that says it. */
  readonly monitor: Monitor;
  /** Whether less or more is better. @default {"min" for losses and errors, else "max"} */
  readonly mode?: MonitorMode;
}

/** What a policy may be. */
export const checkpointPolicySchema: z.ZodType<CheckpointPolicy> = z.strictObject({
  folder: z.string().min(1),
  everySteps: z.number().int().positive().optional(),
  everySeconds: z.number().positive().optional(),
  keepLast: z.number().int().positive().optional(),
  keepBest: z.strictObject({
    monitor: z.string().min(1),
    mode: z.enum(["min", "max"]).optional(),
  }).optional(),
}) as z.ZodType<CheckpointPolicy>;
