import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { modeOf, type Monitor, monitored, type MonitorMode } from "../callbacks/monitor.ts";
import type { EpochOutcome } from "../history.ts";
import type { Schedule } from "./schedule.ts";

/** Options of `plateau`. */
export interface PlateauOptions {
  /** The number that should get better. @default {"validationLoss"; "loss" without validation data} */
  readonly monitor?: Monitor;
  /** Whether less or more is better. @default {"min" for losses and errors, else "max"} */
  readonly mode?: MonitorMode;
  /** What the learning rate is multiplied by each time. @default {0.1} */
  readonly factor?: number;
  /** Epochs without progress that are let pass. @default {10} */
  readonly patience?: number;
  /** Least progress that counts. @default {1e-4} */
  readonly threshold?: number;
  /** Whether `threshold` is a share of the best value or an amount. @default {"relative"} */
  readonly thresholdMode?: "relative" | "absolute";
  /** Epochs after a drop that are not counted. @default {0} */
  readonly cooldown?: number;
  /** Least share of the learning rate. @default {0} */
  readonly minimum?: number;
}

const schema: z.ZodType<PlateauOptions> = z.strictObject({
  monitor: z.string().min(1).optional(),
  mode: z.enum(["min", "max"]).optional(),
  factor: z.number().positive().lt(1).optional(),
  patience: z.number().int().min(0).optional(),
  threshold: z.number().min(0).optional(),
  thresholdMode: z.enum(["relative", "absolute"]).optional(),
  cooldown: z.number().int().min(0).optional(),
  minimum: z.number().min(0).max(1).optional(),
}) as z.ZodType<PlateauOptions>;

/** How things stand after some epochs. */
interface State {
  readonly best: number | undefined;
  /** Epochs without progress. */
  readonly bad: number;
  /** Epochs still not to be counted. */
  readonly cooling: number;
  readonly factor: number;
}

/**
 * The learning rate multiplied by `factor` when the validation loss has stopped falling, as
 * `torch.optim.lr_scheduler.ReduceLROnPlateau`. It is worked out anew from the epochs so far, so a run
 * that resumes from a checkpoint has the same rates. Throws `RangeError` at the first step of the second
 * epoch where epochs have no such number.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { plateau } from "@graft/graft";
 *
 * const schedule = plateau({ patience: 1, factor: 0.5 });
 * const epochs = [2, 1, 1, 1].map((loss) => ({ loss, accuracy: 0.5 }));
 * assertEquals(schedule(30, 100, 10, epochs.slice(0, 3)), 1);
 * assertEquals(schedule(40, 100, 10, epochs), 0.5); // two epochs without progress
 * ```
 */
export function plateau(options: PlateauOptions = {}): Schedule {
  const given = checkOptions("plateau", schema, options);
  const settings = { ...DEFAULTS, mode: modeOf(given.monitor ?? "loss"), ...given };
  const start: State = { best: undefined, bad: 0, cooling: 0, factor: 1 };
  return (_step, _total, _stepsPerEpoch, history = []) =>
    history.map((epoch) => valueOf(epoch, given.monitor))
      .reduce((state, value) => after(state, value, settings), start).factor;
}

const DEFAULTS = {
  factor: 0.1,
  patience: 10,
  threshold: 1e-4,
  thresholdMode: "relative",
  cooldown: 0,
  minimum: 0,
} as const;

type Settings = Required<Omit<PlateauOptions, "monitor">>;

function after(state: State, value: number, settings: Settings): State {
  const { patience, cooldown, minimum } = settings;
  const isBetter = state.best === undefined
    ? !Number.isNaN(value)
    : isProgress(value, state.best, settings);
  const best = isBetter ? value : state.best;
  const bad = isBetter || state.cooling > 0 ? 0 : state.bad + 1;
  const cooling = Math.max(0, state.cooling - 1);
  if (bad <= patience) return { ...state, best, bad, cooling };
  const factor = Math.max(minimum, state.factor * settings.factor);
  return { best, bad: 0, cooling: cooldown, factor };
}

function isProgress(value: number, best: number, settings: Settings): boolean {
  const { mode, threshold, thresholdMode } = settings;
  const margin = thresholdMode === "relative" ? best * threshold : threshold;
  return mode === "max" ? value > best + margin : value < best - margin;
}

function valueOf(epoch: EpochOutcome, monitor: Monitor | undefined): number {
  if (monitor !== undefined) return monitored(epoch, monitor, "plateau()");
  return epoch.validation?.loss ?? epoch.loss;
}
