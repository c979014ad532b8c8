import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import type { Calibration } from "../../train/metrics/calibration.ts";
import { type Chart, chart, type ChartOptions } from "./chart.ts";
import { chartSchema } from "./chart_schema.ts";
import { type Drawing, drawn, svgOf } from "./draw.ts";
import { MUTED, PALETTE } from "./palette.ts";

const schema: z.ZodType<ChartOptions> = z.strictObject(chartSchema) as z.ZodType<ChartOptions>;

/**
 * How often answers are right by how sure they are: on the diagonal where a model is calibrated, below
 * it where it is too sure. Below, how many answers are that sure.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { calibration, plotReliability } from "@graft/graft";
 *
 * const data = Float64Array.of(0.9, 0.1, 0.9, 0.1);
 * const probabilities = { type: "float64", dims: [2, 2], data } as const;
 * const found = calibration({ probabilities, targets: [0, 1] });
 * assertStringIncludes((await plotReliability(found)).svg, "error 0.400");
 * ```
 */
export async function plotReliability(
  found: Calibration,
  options: ChartOptions = {},
): Promise<Chart> {
  const { widthPx = 480, title } = checkOptions("plotReliability", schema, options);
  return chart(svgOf(await reliabilityDrawings(found, widthPx, title)));
}

/** The reliability curve and the number of answers by confidence. */
export async function reliabilityDrawings(
  { ece, bins, confidence, accuracy }: Calibration,
  widthPx: number,
  title = "Reliability",
): Promise<Drawing[]> {
  const filled = bins.filter(({ count }) => count > 0);
  const sides = { width: widthPx, marginLeft: 56, marginRight: 24 };
  const curve = drawn({
    title: `${title}: expected calibration error ${ece.toFixed(3)}`,
    description: `Share of right answers by confidence: on the whole ${percent(accuracy)} right ` +
      `at a confidence of ${percent(confidence)}, expected calibration error ${ece.toFixed(3)}`,
    legend: [
      { label: "answers that are right", color: PALETTE[0] },
      { label: "as many as sure", color: MUTED },
    ],
  }, (plot) => ({
    ...sides,
    height: Math.round(0.6 * widthPx),
    marginTop: 14,
    marginBottom: 24,
    x: { label: null, domain: [0, 1], ticks: 5, tickFormat: percent },
    y: { label: null, domain: [0, 1], grid: true, ticks: 5, tickFormat: percent },
    marks: [
      plot.rectY(filled, {
        x1: "above",
        x2: "upTo",
        y: "accuracy",
        fill: PALETTE[0],
        fillOpacity: 0.35,
        insetLeft: 0.5,
        insetRight: 0.5,
        title: (bin) =>
          `${percent(bin.confidence)} sure, ${percent(bin.accuracy)} right (${bin.count})`,
      }),
      plot.line([[0, 0], [1, 1]], { stroke: MUTED, strokeDasharray: "4 3", strokeWidth: 1.5 }),
      plot.line(filled, { x: "confidence", y: "accuracy", stroke: PALETTE[0], strokeWidth: 2 }),
      plot.dot(filled, { x: "confidence", y: "accuracy", fill: PALETTE[0], r: 3 }),
    ],
  }));
  const counts = drawn({
    title: "Answers by confidence",
    description: "Number of answers by confidence",
  }, (plot) => ({
    ...sides,
    height: 110,
    marginTop: 8,
    marginBottom: 38,
    x: { label: "confidence", domain: [0, 1], ticks: 5, tickFormat: percent },
    y: { label: null, grid: true, ticks: 3, tickFormat: "d" },
    marks: [
      plot.rectY(bins, { x1: "above", x2: "upTo", y: "count", fill: MUTED, inset: 0.5 }),
      plot.ruleY([0]),
    ],
  }));
  return await Promise.all([curve, counts]);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
