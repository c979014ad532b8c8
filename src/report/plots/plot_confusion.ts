import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import type { ClassificationResult } from "../../train/metrics/classification.ts";
import { type Chart, chart, type ChartOptions } from "./chart.ts";
import { chartSchema } from "./chart_schema.ts";
import { type Drawing, drawn, shortened, svgOf, widthOf } from "./draw.ts";
import { PALETTE } from "./palette.ts";

/** What a confusion matrix is drawn from: a report of `evaluate`. */
export type Confusion = Partial<Pick<ClassificationResult, "confusionMatrix" | "perClass">>;

/** Letters of a class's name that are shown. */
const LETTERS = 16;
/** Narrowest cells that hold a share below the count, and that hold the count. */
const ROOM_FOR_SHARE_PX = 44;
const ROOM_FOR_COUNT_PX = 24;
/** How much wider bold letters are. */
const BOLD = 1.15;
/** How much of the colour a full cell has: text is read on it, on a light page and on a dark one. */
const FULL = 0.7;

const schema: z.ZodType<ChartOptions> = z.strictObject(chartSchema) as z.ZodType<ChartOptions>;

/**
 * What each class was taken for: rows are the true classes, columns the answers; a cell's colour is its
 * share of the row. Throws `TypeError` where the report is not one of classes.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { plotConfusion } from "@graft/graft";
 *
 * const scores = { precision: 1, recall: 1, f1: 1, support: 3 };
 * const perClass = [{ label: "ant", ...scores }, { label: "bee", ...scores }];
 * const { svg } = await plotConfusion({ confusionMatrix: [[3, 0], [1, 2]], perClass });
 * assertStringIncludes(svg, "33 %");
 * ```
 */
export async function plotConfusion(
  report: Confusion,
  options: ChartOptions = {},
): Promise<Chart> {
  const { widthPx = 480, title } = checkOptions("plotConfusion", schema, options);
  if (!report.confusionMatrix || !report.perClass) {
    throw new TypeError("plotConfusion(): the report has no classes: its targets are numbers");
  }
  return chart(svgOf([await confusionDrawing(report as Required<Confusion>, widthPx, title)]));
}

/** The confusion matrix as a part of a picture. */
export async function confusionDrawing(
  { confusionMatrix, perClass }: Required<Confusion>,
  widthPx: number,
  title = "Confusion matrix: truth down, answers across",
): Promise<Drawing> {
  const names = perClass.map(({ label }, c) => ({ c, text: shortened(label, LETTERS) }));
  const room = Math.max(...names.map(({ text }) => widthOf(text))) + 14;
  const marginLeft = Math.min(room, 0.4 * widthPx);
  const cell = Math.min(72, (widthPx - marginLeft - 8) / names.length);
  const isTurned = cell < room;
  const marginTop = isTurned ? room : 26;
  const cells = confusionMatrix.flatMap((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, answer) => ({
      truth,
      answer,
      count,
      share: total === 0 ? 0 : count / total,
    }));
  });
  const text = (one: typeof cells[number]) => {
    if (one.count === 0) return "0";
    return cell < ROOM_FOR_SHARE_PX ? `${one.count}` : `${one.count}\n${percent(one.share)}`;
  };
  const right = confusionMatrix.reduce((sum, row, c) => sum + row[c]!, 0);
  const all = cells.reduce((sum, { count }) => sum + count, 0);
  const label = (c: number) => names[c]!.text;
  const needed = Math.max(marginLeft + cell * names.length, widthOf(title) * BOLD) + 8;
  const width = Math.ceil(Math.min(widthPx, needed));
  return await drawn({
    title,
    description:
      `Confusion matrix of ${names.length} classes: ${right} of ${all} answers are right`,
  }, (plot) => ({
    width,
    height: Math.ceil(marginTop + cell * names.length + 8),
    marginLeft,
    marginTop,
    marginRight: width - marginLeft - cell * names.length,
    marginBottom: 8,
    padding: 0.04,
    x: {
      axis: "top",
      label: null,
      tickSize: 0,
      tickFormat: label,
      ...(isTurned && { tickRotate: -90 }),
      domain: names.map(({ c }) => c),
    },
    y: {
      label: null,
      tickSize: 0,
      tickFormat: label,
      domain: names.map(({ c }) => c),
    },
    marks: [
      plot.cell(cells, {
        x: "answer",
        y: "truth",
        fill: (one) => one.answer === one.truth ? PALETTE[0] : PALETTE[1],
        fillOpacity: (one) => one.count === 0 ? 0.06 : 0.1 + (FULL - 0.1) * one.share,
        title: (one) =>
          `${perClass[one.truth]!.label} taken for ${perClass[one.answer]!.label}: ` +
          `${one.count} (${percent(one.share)})`,
      }),
      ...(cell < ROOM_FOR_COUNT_PX ? [] : [
        plot.text(cells, {
          x: "answer",
          y: "truth",
          text,
          fillOpacity: (one) => one.count === 0 ? 0.55 : 1,
        }),
      ]),
    ],
    opacity: { type: "identity" },
    color: { type: "identity" },
  }));
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
