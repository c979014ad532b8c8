import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import type { RateSuggestion } from "../../workflow/lr_find/suggestion.ts";
import { type Chart, chart, type ChartOptions } from "./chart.ts";
import { chartSchema } from "./chart_schema.ts";
import { drawn, svgOf } from "./draw.ts";
import { colorOf, MUTED, PALETTE } from "./palette.ts";

/** What a search for a learning rate found. */
export interface LearningRateCurve {
  /** Learning rates tried, rising. */
  readonly learningRates: ArrayLike<number>;
  /** The loss at each. */
  readonly losses: ArrayLike<number>;
  /** The rate to take, or several, as `lrFind` suggests them. */
  readonly suggestion?: number | Partial<RateSuggestion> | undefined;
}

const schema: z.ZodType<ChartOptions> = z.strictObject(chartSchema) as z.ZodType<ChartOptions>;

/**
 * The loss over the learning rate, on a logarithmic axis, with the rates that are suggested. Losses far
 * above the first, where training came apart, are cut off. Throws `RangeError` where there are not as
 * many losses as rates.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { plotLearningRates } from "@graft/graft";
 *
 * const found = { learningRates: [1e-4, 1e-3, 1e-2], losses: [2, 1, 3], suggestion: 1e-3 };
 * assertStringIncludes((await plotLearningRates(found)).svg, "suggested: 0.001");
 * ```
 */
export async function plotLearningRates(
  { learningRates, losses, suggestion }: LearningRateCurve,
  options: ChartOptions = {},
): Promise<Chart> {
  const { widthPx = 480, title = "Loss over learning rate" } = checkOptions(
    "plotLearningRates",
    schema,
    options,
  );
  if (learningRates.length !== losses.length || losses.length === 0) {
    throw new RangeError(
      `plotLearningRates(): there must be a loss for each rate, found ${losses.length} losses for ` +
        `${learningRates.length} rates`,
    );
  }
  const points = Array.from(learningRates, (rate, at) => ({ rate, loss: losses[at]! }))
    .filter(({ loss }) => Number.isFinite(loss));
  const least = Math.min(...points.map(({ loss }) => loss));
  const first = points[0]?.loss ?? 1;
  const most = first + 0.5 * Math.max(first - least, Math.abs(first), 1e-12);
  const shown = points.filter(({ loss }) => loss <= most);
  const marks = typeof suggestion === "number"
    ? [["suggested", suggestion] as const]
    : Object.entries(suggestion ?? {});
  const said = marks.map(([name, rate], at) => ({
    label: `${name}: ${Number(rate.toPrecision(2))}`,
    color: colorOf(at + 1),
  }));
  const drawing = await drawn({
    title,
    description: `Loss over learning rate, at its least ${least.toPrecision(3)}` +
      said.map(({ label }) => `; ${label}`).join(""),
    legend: [{ label: "loss", color: PALETTE[0] }, ...said],
  }, (plot) => ({
    width: widthPx,
    height: Math.round(0.55 * widthPx),
    marginLeft: 56,
    marginTop: 14,
    marginBottom: 38,
    x: { type: "log", label: "learning rate", ticks: 6, tickFormat: rateText },
    y: { label: null, grid: true, nice: true, ticks: 5 },
    marks: [
      ...marks.map(([, rate], at) =>
        plot.ruleX([rate], { stroke: colorOf(at + 1), strokeWidth: 2 })
      ),
      plot.ruleY([least], { stroke: MUTED, strokeDasharray: "2 3" }),
      plot.line(shown, { x: "rate", y: "loss", stroke: PALETTE[0], strokeWidth: 2 }),
    ],
  }));
  return chart(svgOf([drawing]));
}

/** Powers of ten; the rates between them have no room. */
function rateText(rate: number): string {
  const power = Math.log10(rate);
  return Math.abs(power - Math.round(power)) < 1e-9 ? `1e${Math.round(power)}` : "";
}
