import type { LedgerRecord } from "./ledger.ts";
import { labelText, type SearchResult } from "./search.ts";
import type { Label } from "./space.ts";

/** A search as axes and lines, to be drawn as parallel coordinates. */
export interface ParallelCoordinates {
  /** An axis a hyper-parameter, then the score. */
  readonly axes: readonly {
    /** Its name. */
    readonly name: string;
    /** How numbers lie on it; a category has its labels in order. */
    readonly scale: "linear" | "log" | "category";
    /** Least and greatest number on it. */
    readonly range: readonly [number, number];
    /** What its numbers mean, where they are positions of labels. */
    readonly labels?: readonly string[];
  }[];
  /** A line a trial: a number on every axis. */
  readonly lines: readonly { readonly trial: number; readonly values: readonly number[] }[];
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
 * A search as axes and lines for a picture of parallel coordinates; failed trials are left out.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { choice, grid, parallelCoordinates, search } from "@graft/graft";
 *
 * const space = { optimizer: choice(["sgd", "adam"]) };
 * const found = await search(space, grid(), (trial) => trial.trial, { verbose: false });
 * assertEquals(parallelCoordinates(found).lines[0], { trial: 2, values: [1, 2] });
 * ```
 */
export function parallelCoordinates({ trials, space }: SearchResult): ParallelCoordinates {
  const good = trials.filter(({ score }) => !Number.isNaN(score));
  const axes = Object.entries(space).map(([name, { kind }]) =>
    axisOf(name, kind, good.map(({ parameters }) => parameters[name]!))
  );
  const scores = good.map(({ score }) => score);
  const score = { name: "score", scale: "linear" as const, range: rangeOf(scores) };
  const lines = good.map((trial) => ({
    trial: trial.trial,
    values: [
      ...axes.map((axis) => placeOn(axis, trial)),
      trial.score,
    ],
  }));
  return { axes: [...axes, score], lines };
}

type Axis = ParallelCoordinates["axes"][number];

function axisOf(name: string, kind: string, found: readonly Label[]): Axis {
  const isNumber = found.every((label) => typeof label === "number");
  if (isNumber && kind !== "choice") {
    const scale = kind === "logUniform" ? "log" : "linear";
    return { name, scale, range: rangeOf(found as number[]) };
  }
  const labels = [...new Set(found)].sort((a, b) => order(a, b)).map(String);
  return { name, scale: "category", range: [0, Math.max(0, labels.length - 1)], labels };
}

function order(a: Label, b: Label): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

function placeOn({ name, labels }: Axis, { parameters }: LedgerRecord): number {
  const label = parameters[name]!;
  return labels ? labels.indexOf(String(label)) : Number(label);
}

function rangeOf(numbers: readonly number[]): [number, number] {
  if (numbers.length === 0) return [0, 0];
  return [Math.min(...numbers), Math.max(...numbers)];
}
