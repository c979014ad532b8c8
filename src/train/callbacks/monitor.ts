import { nearest } from "../../tensor/nearest.ts";
import type { EpochOutcome } from "../history.ts";

/** A number of an epoch: of its record, or of the validation data. */
export type Monitor =
  | "loss"
  | "accuracy"
  | "validationLoss"
  | "validationAccuracy"
  // Whatever else a record holds, such as a metric of one's own.
  | (string & Record<never, never>);

/** Whether less or more of a number is better. */
export type MonitorMode = "min" | "max";

/** The mode that a name suggests: less is better of losses and errors. */
export function modeOf(monitor: Monitor): MonitorMode {
  return /loss|error/i.test(monitor) ? "min" : "max";
}

/** Whether `value` beats `best` by more than `minDelta`; NaN beats nothing, and anything beats no value. */
export function isBetter(
  value: number,
  best: number | undefined,
  { mode, minDelta = 0 }: { readonly mode: MonitorMode; readonly minDelta?: number },
): boolean {
  if (Number.isNaN(value)) return false;
  if (best === undefined) return true;
  return mode === "min" ? value < best - minDelta : value > best + minDelta;
}

/** The number that `monitor` names. Throws `RangeError` that lists those there are. */
export function monitored(record: EpochOutcome, monitor: Monitor, what: string): number {
  const numbers = numbersOf(record);
  const value = numbers.get(monitor);
  if (value !== undefined) return value;
  const names = [...numbers.keys()];
  const near = nearest(monitor, names);
  const advice = monitor.startsWith("validation") && record.validation === undefined
    ? 'give fit() "validation" data, or monitor'
    : near === undefined
    ? "monitor"
    : `did you mean "${near}"? There are`;
  throw new RangeError(
    `${what}: an epoch has no number "${monitor}"; ${advice} ${
      names.map((name) => `"${name}"`).join(", ")
    }`,
  );
}

/** The numbers of a record by name, those of the validation data as `validationLoss` and the like. */
function numbersOf(record: EpochOutcome): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const [name, value] of Object.entries(record)) {
    if (typeof value === "number" && name !== "epoch") numbers.set(name, value);
  }
  for (const [name, value] of Object.entries(record.validation ?? {})) {
    if (typeof value !== "number") continue;
    numbers.set(`validation${name[0]!.toUpperCase()}${name.slice(1)}`, value);
  }
  return numbers;
}
