import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Callback, CallbackState, EpochEvent } from "./callback.ts";
import { isBetter, modeOf, type Monitor, monitored, type MonitorMode } from "./monitor.ts";

/** Options of `earlyStopping`. */
export interface EarlyStoppingOptions {
  /** The number that should get better. @default {"validationLoss"} */
  readonly monitor?: Monitor;
  /** Epochs without progress after which training ends. @default {3} */
  readonly patience?: number;
  /** How much better counts as progress. @default {0} */
  readonly minDelta?: number;
  /** Whether less or more is better. @default {"min" for losses and errors, else "max"} */
  readonly mode?: MonitorMode;
  /** Whether `fit` gives the weights of the best epoch, or those of the last. @default {true} */
  readonly restoreBest?: boolean;
}

const schema: z.ZodType<EarlyStoppingOptions> = z.strictObject({
  monitor: z.string().min(1).optional(),
  patience: z.number().int().positive().optional(),
  minDelta: z.number().min(0).optional(),
  mode: z.enum(["min", "max"]).optional(),
  restoreBest: z.boolean().optional(),
}) as z.ZodType<EarlyStoppingOptions>;

/** What it knows of the epochs so far. */
interface Known {
  best: number | undefined;
  bestEpoch: number;
  /** Epochs since. */
  waited: number;
  weights: ReadonlyMap<string, Tensor> | undefined;
}

/**
 * Ends training when a number has not got better for `patience` epochs, and gives the weights of the
 * best epoch; they are part of checkpoints, so a run that resumes has them too. NaN is no progress.
 * Throws `RangeError` after the first epoch where there is no such number.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { arrays, earlyStopping, fit, loadBackbone, sgd } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [2, 1, 28, 28], data: new Float32Array(1568) } as const;
 * const targets = { type: "int64", dims: [2], data: BigInt64Array.of(3n, 7n) } as const;
 * const { history, stopped } = await fit(model, arrays({ inputs: { x }, targets }), {
 *   epochs: 50,
 *   optimizer: sgd({ learningRate: 1e-12 }), // nothing is learned at this rate
 *   callbacks: [earlyStopping({ monitor: "accuracy", patience: 2 })],
 *   verbose: false,
 * });
 * assertEquals(history.epochs.length, 3);
 * assert(stopped?.startsWith("no better accuracy for 2 epochs; best "));
 * ```
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const checked = checkOptions("earlyStopping", schema, options);
  const { monitor = "validationLoss", patience = 3, minDelta = 0, restoreBest = true } = checked;
  const { mode = modeOf(monitor) } = checked;
  let known: Known = { best: undefined, bestEpoch: 0, waited: 0, weights: undefined };
  return {
    name: "earlyStopping",
    onEpoch(event: EpochEvent) {
      const { epoch } = event.record;
      const value = monitored(event.record, monitor, "earlyStopping()");
      if (isBetter(value, known.best, { mode, minDelta })) {
        const weights = restoreBest ? event.weights() : undefined;
        known = { best: value, bestEpoch: epoch, waited: 0, weights };
        return;
      }
      if (++known.waited < patience) return;
      const { best, bestEpoch } = known;
      const ever = best === undefined ? "" : `; best ${round(best)} in epoch ${bestEpoch}`;
      const epochs = patience === 1 ? "1 epoch" : `${patience} epochs`;
      event.stop(`no better ${monitor} for ${epochs}${ever}`);
    },
    onEnd(event) {
      if (known.weights) event.use(known.weights);
    },
    state: () => stateOf(known),
    restore(state) {
      known = knownOf(state);
    },
  };
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}

function stateOf({ best, bestEpoch, waited, weights }: Known): CallbackState {
  return {
    best: best ?? null,
    bestEpoch,
    waited,
    weights: weights ? Object.fromEntries(weights) : null,
  };
}

function knownOf(state: CallbackState): Known {
  const { best, bestEpoch, waited, weights } = state as {
    readonly best: number | null;
    readonly bestEpoch: number;
    readonly waited: number;
    readonly weights: Readonly<Record<string, Tensor>> | null;
  };
  return {
    best: best ?? undefined,
    bestEpoch,
    waited,
    weights: weights ? new Map(Object.entries(weights)) : undefined,
  };
}
