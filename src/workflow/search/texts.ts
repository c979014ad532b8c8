import type { LedgerRecord } from "./ledger.ts";
import type { Label } from "./space.ts";
import type { Job } from "./strategy.ts";

/** A job in a few words. */
export function jobText({ trial, epochs }: Job, count: number): string {
  return `${trial}/${count}${epochs === undefined ? "" : ` to epoch ${epochs}`}`;
}

/** Labels in one line. */
export function labelsText(labels: Readonly<Record<string, Label>>): string {
  return Object.entries(labels).map(([name, label]) => `${name} ${labelText(label)}`).join("  ");
}

/** A label, numbers with three digits. */
export function labelText(label: Label): string {
  return typeof label === "number" && !Number.isInteger(label)
    ? String(Number(label.toPrecision(3)))
    : String(label);
}

/** What the last trial came to, in one line. */
export function resultText(
  { trial, score, seconds, failed }: LedgerRecord,
  best: LedgerRecord,
): string {
  const came = failed === undefined ? score.toFixed(4) : "failed";
  const beside = best.trial === trial
    ? "the best so far"
    : `best ${best.score.toFixed(4)} of trial ${best.trial}`;
  return `trial ${trial}: ${came}  (${beside})  ${seconds.toFixed(1)} s`;
}
