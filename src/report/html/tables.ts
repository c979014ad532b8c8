import type { ClassificationResult } from "../../train/metrics/classification.ts";
import { escaped } from "../escaped.ts";
import type { Cell } from "../findings.ts";

/** Numbers at a glance. */
export function tiles(values: readonly (readonly [name: string, value: string])[]): string {
  const all = values.map(([name, value]) =>
    `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`
  );
  return `<dl class="tiles">${all.join("")}</dl>`;
}

/** What is scored one versus the rest, by class. */
export interface ByClassScores {
  /** Area under the ROC curve. */
  readonly auc: readonly number[];
  /** Average precision. */
  readonly averagePrecision: readonly number[];
}

/** Precision, recall, F1 and support of each class, and their means. */
export function classTable(
  { perClass, macro, weighted }: Pick<ClassificationResult, "perClass" | "macro" | "weighted">,
  { auc, averagePrecision }: ByClassScores,
): string {
  const head = ["Class", "Precision", "Recall", "F1", "ROC area", "Average precision", "Examples"];
  const scores = (one: typeof macro) => [one.precision, one.recall, one.f1].map(percent);
  const rows = perClass.map((one, c) => [
    one.label,
    ...scores(one),
    fixed(auc[c]!),
    fixed(averagePrecision[c]!),
    String(one.support),
  ]);
  const total = String(perClass.reduce((sum, { support }) => sum + support, 0));
  const means = [
    ["Mean of the classes", ...scores(macro), "", "", total],
    ["Mean by examples", ...scores(weighted), "", "", total],
  ];
  const row = (cells: readonly string[], kind: string) =>
    `<tr${kind}><th scope="row">${escaped(cells[0]!)}</th>` +
    `${cells.slice(1).map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`;
  return scrolling(
    "Scores by class",
    `<table><caption>Each class against the rest</caption><thead><tr>` +
      head.map((name) => `<th scope="col">${name}</th>`).join("") + `</tr></thead><tbody>` +
      rows.map((cells) => row(cells, "")).join("") +
      means.map((cells) => row(cells, ' class="mean"')).join("") + `</tbody></table>`,
  );
}

/** The commonest mistakes. */
export function confusedTable(
  cells: readonly Cell[],
  classes: readonly string[],
  supports: readonly number[],
): string {
  if (cells.length === 0) return `<p>No example is taken for another class.</p>`;
  const rows = cells.map(({ truth, answer, examples }) =>
    `<tr><th scope="row">${escaped(classes[truth]!)}</th><td class="text">${
      escaped(classes[answer]!)
    }</td>` +
    `<td>${examples.length}</td><td>${percent(examples.length / supports[truth]!)}</td></tr>`
  );
  return scrolling(
    "Most confused classes",
    `<table><caption>Most confused classes</caption><thead><tr><th scope="col">Class</th>` +
      `<th scope="col" class="text">Taken for</th><th scope="col">Times</th>` +
      `<th scope="col">Share</th></tr></thead><tbody>${rows.join("")}</tbody></table>`,
  );
}

/** Names with values. */
export function settingsList(values: readonly (readonly [name: string, value: string])[]): string {
  const all = values.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`);
  return `<div class="card"><dl class="settings">${all.join("")}</dl></div>`;
}

/** A share with one decimal. */
export function percent(share: number): string {
  return Number.isNaN(share) ? "–" : `${(100 * share).toFixed(1)} %`;
}

/** A number with three decimals. */
export function fixed(value: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(3);
}

/** A wide table scrolls by itself, by keys too. */
function scrolling(label: string, table: string): string {
  return `<div class="card scroll" tabindex="0" role="region" aria-label="${escaped(label)}">` +
    `${table}</div>`;
}
