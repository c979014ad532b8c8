import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import {
  averagePrecision,
  precisionRecallCurve,
} from "../../train/metrics/precision_recall_curve.ts";
import { rocAuc, rocCurve } from "../../train/metrics/roc_curve.ts";
import type { Scored } from "../../train/metrics/scored.ts";
import { type Chart, chart, type ChartOptions } from "./chart.ts";
import { chartSchema } from "./chart_schema.ts";
import { type Drawing, drawn, shortened, svgOf } from "./draw.ts";
import { colorOf, MUTED, PALETTE } from "./palette.ts";

/** Options of `plotRoc` and `plotPrecisionRecall`. */
export interface CurveChartOptions extends ChartOptions {
  /** Labels of the classes. @default their indices */
  readonly classes?: readonly string[];
}

/** A class's curve. */
interface Curve {
  readonly index: number;
  readonly value: number;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const schema: z.ZodType<CurveChartOptions> = z.strictObject({
  ...chartSchema,
  classes: z.array(z.string()).optional(),
}) as z.ZodType<CurveChartOptions>;

/**
 * The ROC curve of each class against the rest, with the areas below them; of two classes that of the
 * second, of more than eight those of the eight smallest areas. Throws as `rocCurve` does.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { plotRoc } from "@graft/graft";
 *
 * const data = Float64Array.of(0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8);
 * const probabilities = { type: "float64", dims: [4, 2], data } as const;
 * const { svg } = await plotRoc({ probabilities, targets: [0, 0, 1, 1] }, { classes: ["a", "b"] });
 * assertStringIncludes(svg, "b: 0.750");
 * ```
 */
export async function plotRoc(scored: Scored, options: CurveChartOptions = {}): Promise<Chart> {
  const { widthPx = 480, title, classes } = checkOptions("plotRoc", schema, options);
  return chart(svgOf([await rocDrawing(scored, widthPx, { classes, title })]));
}

/**
 * The precision over the recall of each class against the rest, with the average precisions; of two
 * classes that of the second, of more than eight those of the eight smallest. Throws as
 * `precisionRecallCurve` does.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { plotPrecisionRecall } from "@graft/graft";
 *
 * const data = Float64Array.of(0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8);
 * const probabilities = { type: "float64", dims: [4, 2], data } as const;
 * const { svg } = await plotPrecisionRecall({ probabilities, targets: [0, 0, 1, 1] });
 * assertStringIncludes(svg, "1: 0.833");
 * ```
 */
export async function plotPrecisionRecall(
  scored: Scored,
  options: CurveChartOptions = {},
): Promise<Chart> {
  const { widthPx = 480, title, classes } = checkOptions("plotPrecisionRecall", schema, options);
  return chart(svgOf([await precisionRecallDrawing(scored, widthPx, { classes, title })]));
}

interface Labels {
  readonly classes?: readonly string[] | undefined;
  readonly title?: string | undefined;
}

/** The ROC curves as a part of a picture. */
export async function rocDrawing(
  scored: Scored,
  widthPx: number,
  { classes, title = "ROC curve" }: Labels = {},
): Promise<Drawing> {
  const { perClass, macro } = rocAuc(scored);
  const curves = chosen(perClass).map((index): Curve => {
    const { falsePositiveRate, truePositiveRate } = rocCurve(scored, { class: index });
    const points = falsePositiveRate.map((x, at) => [x, truePositiveRate[at]!] as const);
    return { index, value: perClass[index]!, points };
  });
  return await curvesDrawing(curves, widthPx, {
    title: `${title}: mean area ${macro.toFixed(3)}`,
    axes: ["false positives", "true positives"],
    curve: undefined,
    classes,
    total: perClass.length,
    chance: [[0, 0], [1, 1]],
  });
}

/** The precision-recall curves as a part of a picture. */
export async function precisionRecallDrawing(
  scored: Scored,
  widthPx: number,
  { classes, title = "Precision and recall" }: Labels = {},
): Promise<Drawing> {
  const { perClass, macro } = averagePrecision(scored);
  const curves = chosen(perClass).map((index): Curve => {
    const { precision, recall } = precisionRecallCurve(scored, { class: index });
    return { index, value: perClass[index]!, points: recall.map((x, at) => [x, precision[at]!]) };
  });
  return await curvesDrawing(curves, widthPx, {
    title: `${title}: mean average precision ${macro.toFixed(3)}`,
    axes: ["recall", "precision"],
    // Between two thresholds there is nothing: the precision holds for all of the recall it adds.
    curve: "step-before",
    classes,
    total: perClass.length,
    chance: undefined,
  });
}

/** The classes to show: those that have a curve, the worst of many. */
function chosen(values: readonly number[]): number[] {
  const known = values.map((value, index) => ({ value, index }))
    .filter(({ value }) => !Number.isNaN(value));
  const two = values.length === 2 ? known.slice(-1) : known;
  return two.length <= PALETTE.length
    ? two.map(({ index }) => index)
    : two.sort((a, b) => a.value - b.value).slice(0, PALETTE.length).map(({ index }) => index);
}

interface CurvesLook {
  readonly title: string;
  readonly axes: readonly [x: string, y: string];
  readonly curve: "step-before" | undefined;
  readonly classes: readonly string[] | undefined;
  readonly total: number;
  readonly chance: readonly (readonly [number, number])[] | undefined;
}

async function curvesDrawing(
  curves: readonly Curve[],
  widthPx: number,
  { title, axes, curve, classes, total, chance }: CurvesLook,
): Promise<Drawing> {
  const label = (one: Curve) =>
    `${shortened(classes?.[one.index] ?? String(one.index), 18)}: ${one.value.toFixed(3)}`;
  const which = curves.length < total && total > 2
    ? `, the ${curves.length} lowest of ${total}`
    : "";
  return await drawn({
    title: title + which,
    description: `${axes[1]} over ${axes[0]}. ${curves.map(label).join(", ")}`,
    legend: curves.map((one, at) => ({ label: label(one), color: colorOf(at) })),
  }, (plot) => ({
    width: widthPx,
    height: Math.round(0.72 * widthPx),
    marginLeft: 56,
    marginTop: 28,
    marginRight: 24,
    marginBottom: 38,
    x: { label: axes[0], domain: [0, 1], ticks: 5, tickFormat: percent },
    y: { label: axes[1], domain: [0, 1], grid: true, ticks: 5, tickFormat: percent },
    marks: [
      ...(chance
        ? [plot.line(chance, { stroke: MUTED, strokeDasharray: "4 3", strokeWidth: 1.5 })]
        : []),
      ...curves.map(({ points }, at) =>
        plot.line(points, {
          stroke: colorOf(at),
          strokeWidth: 2,
          ...(curve && { curve }),
        })
      ),
    ],
  }));
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
