import type { Report } from "../train/evaluate.ts";
import { count, percent, plural, table } from "./table.ts";

/** An evaluation in words: accuracy, a table of the classes, what is confused most. */
export function reportText(report: Report): string {
  const { loss, accuracy, perClass, macro, confusionMatrix } = report;
  const right = Number.isNaN(accuracy) ? "" : `accuracy ${percent(accuracy)}, `;
  const lines = [`${right}loss ${loss.toFixed(4)}`];
  if (perClass === undefined || macro === undefined) return lines.join("\n");
  const numbers = (one: { precision: number; recall: number; f1: number }) =>
    [one.precision, one.recall, one.f1].map(percent);
  const total = perClass.reduce((sum, { support }) => sum + support, 0);
  lines.push(
    "",
    table([
      ["class", "precision", "recall", "f1", "pictures"],
      ...perClass.map((one) => [
        one.label,
        ...numbers(one),
        count(one.support),
      ]),
      ["mean", ...numbers(macro), count(total)],
    ]),
  );
  const confused = mostConfused(confusionMatrix ?? [], perClass.map(({ label }) => label));
  if (confused.length > 0) lines.push("", `taken for another: ${confused.join("; ")}`);
  return lines.join("\n");
}

/** The five commonest mistakes: rows are true classes, columns answers. */
function mostConfused(
  matrix: readonly (readonly number[])[],
  classes: readonly string[],
): string[] {
  const name = (index: number) => classes[index] ?? String(index);
  return matrix
    .flatMap((row, truth) => row.map((times, answer) => ({ times, truth, answer })))
    .filter(({ times, truth, answer }) => times > 0 && truth !== answer)
    .sort((a, b) => b.times - a.times)
    .slice(0, 5)
    .map(({ times, truth, answer }) =>
      `${name(truth)} for ${name(answer)} ${plural(times, "time")}`
    );
}
