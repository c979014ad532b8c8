import type { Model } from "./model.ts";

/**
 * The model as a table: every layer with weights, its operator, their shapes and number, and whether
 * they are trained; then the totals.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { loadBackbone, summary } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * assertStringIncludes(summary(model), "1,199,882 parameters");
 * ```
 */
export function summary(model: Model): string {
  const rows = [...model.parameters.values()].map((parameter) => [
    parameter.name,
    parameter.operator,
    `[${parameter.shape.join(", ")}]`,
    parameter.size.toLocaleString("en"),
    parameter.trainable ? "✓" : "",
  ]);
  const table = [["parameter", "operator", "shape", "elements", "trained"], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) =>
      column === 3 ? cell.padStart(widths[3]!) : cell.padEnd(widths[column]!)
    )
      .join("  ").trimEnd();
  const total = sum(model, () => true);
  const trained = sum(model, (trainable) => trainable);
  const share = total === 0 ? 0 : 100 * trained / total;
  return [
    `${model.name}: ${
      model.inputs.map((one) => `${one.name} [${one.shape.join(", ")}]`).join(", ")
    }` +
    ` → ${model.outputs.map((one) => `${one.name} [${one.shape.join(", ")}]`).join(", ")}`,
    "",
    line(table[0]!),
    widths.map((width) => "─".repeat(width)).join("  "),
    ...table.slice(1).map(line),
    "",
    `${total.toLocaleString("en")} parameters, ${trained.toLocaleString("en")} trained ` +
    `(${share.toFixed(share < 10 ? 2 : 1)} %)`,
  ].join("\n");
}

function sum(model: Model, keep: (trainable: boolean) => boolean): number {
  return [...model.parameters.values()].filter((one) => keep(one.trainable))
    .reduce((total, one) => total + one.size, 0);
}
