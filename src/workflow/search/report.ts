import type { SearchResult } from "./search.ts";
import type { Label } from "./space.ts";
import { labelText } from "./texts.ts";

/** A trial as a picture of parallel coordinates takes it. */
export interface TrialPoint {
  /** What was set, by name. */
  readonly settings: Readonly<Record<string, Label>>;
  /** What came of it. */
  readonly value: number;
}

/**
 * A search as a table in text: a line a trial, best first.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { choice, grid, search, searchTable } from "@graft/graft";
 *
 * const found = await search({ x: choice([1, 2]) }, grid(), (trial) => trial.parameters.x, {
 *   verbose: false,
 * });
 * assertStringIncludes(searchTable(found), "trial");
 * ```
 */
export function searchTable({ trials, space }: SearchResult): string {
  const names = Object.keys(space);
  const hasEpochs = trials.some(({ epochs }) => epochs !== undefined);
  const rows = trials.map(({ trial, score, parameters, epochs, seconds, failed }) => [
    String(trial),
    failed === undefined ? score.toFixed(4) : "failed",
    ...hasEpochs ? [String(epochs ?? "")] : [],
    ...names.map((name) => labelText(parameters[name]!)),
    seconds.toFixed(1),
  ]);
  const header = ["trial", "score", ...hasEpochs ? ["epochs"] : [], ...names, "seconds"];
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) => row.map((cell, column) => cell.padStart(widths[column]!)).join("  "))
    .join("\n");
}

/**
 * The trials of a search for a picture of parallel coordinates, best first; failed ones are left out.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { choice, grid, search, trialPoints } from "@graft/graft";
 *
 * const space = { optimizer: choice(["sgd", "adam"]) };
 * const found = await search(space, grid(), (trial) => trial.trial, { verbose: false });
 * assertEquals(trialPoints(found)[0], { settings: { optimizer: "adam" }, value: 2 });
 * ```
 */
export function trialPoints({ trials }: SearchResult): TrialPoint[] {
  return trials.filter(({ score }) => !Number.isNaN(score))
    .map(({ parameters, score }) => ({ settings: parameters, value: score }));
}
