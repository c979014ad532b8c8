import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { type Chart, chart, type ChartOptions } from "./chart.ts";
import { chartSchema } from "./chart_schema.ts";
import { drawn, shortened, svgOf } from "./draw.ts";
import { MUTED, PALETTE } from "./palette.ts";

/** A trial of a search: what was set, and what came of it. */
export interface ParallelTrial {
  /** What was set, by name. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  /** What came of it. */
  readonly value: number;
}

/** Options of `plotParallel`. */
export interface PlotParallelOptions extends ChartOptions {
  /** What the value is. @default {"value"} */
  readonly objective?: string;
  /** Which values are good. @default {"minimum"} */
  readonly best?: "minimum" | "maximum";
}

/** An axis: where a setting lies on it from 0 to 1, and what is written beside it. */
interface Axis {
  readonly name: string;
  readonly at: (trial: ParallelTrial) => number | undefined;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

const HEIGHT_PX = 300;
/** Positive numbers that span more than this are shown by their powers of ten. */
const WIDE = 30;

const schema: z.ZodType<PlotParallelOptions> = z.strictObject({
  ...chartSchema,
  objective: z.string().min(1).optional(),
  best: z.enum(["minimum", "maximum"]).optional(),
}) as z.ZodType<PlotParallelOptions>;

/**
 * Trials of a search in parallel coordinates: an axis a setting, the last one what came of it, a line a
 * trial; the tenth with the best values in colour. Throws `RangeError` where no trial has a value.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { plotParallel } from "@graft/graft";
 *
 * const trials = [
 *   { settings: { learningRate: 1e-4, optimizer: "sgd" }, value: 0.8 },
 *   { settings: { learningRate: 1e-2, optimizer: "adamW" }, value: 0.3 },
 * ];
 * const { svg } = await plotParallel(trials, { objective: "loss" });
 * assertStringIncludes(svg, "best loss 0.3");
 * ```
 */
export async function plotParallel(
  trials: readonly ParallelTrial[],
  options: PlotParallelOptions = {},
): Promise<Chart> {
  const checked = checkOptions("plotParallel", schema, options);
  const { widthPx = 640, objective = "value", best = "minimum", title } = checked;
  const known = trials.filter(({ value }) => Number.isFinite(value));
  if (known.length === 0) throw new RangeError("plotParallel(): no trial has a value");
  const sign = best === "minimum" ? 1 : -1;
  const ranked = [...known].sort((a, b) => sign * (a.value - b.value));
  const good = new Set(ranked.slice(0, Math.max(1, Math.ceil(known.length / 10))));
  const names = [...new Set(known.flatMap(({ settings }) => Object.keys(settings)))];
  const axes = [
    ...names.map((name) => axisOf(name, known, ({ settings }) => settings[name])),
    axisOf(objective, known, ({ value }) => value),
  ];
  // The worst first, so that the best lie on top.
  const points = ranked.reverse().flatMap((trial, order) =>
    axes.flatMap((axis, x) => {
      const y = axis.at(trial);
      return y === undefined ? [] : [{ x, y, order, isGood: good.has(trial), text: said(trial) }];
    })
  );
  const ticks = axes.flatMap((axis, x) => axis.ticks.map((tick) => ({ x, ...tick })));
  const found = `${known.length} trials, best ${objective} ${short(ranked.at(-1)!.value)}`;
  const drawing = await drawn({
    title: title ?? found,
    description: `Settings of ${found}: ${said(ranked.at(-1)!)}`,
  }, (plot) => ({
    width: widthPx,
    height: HEIGHT_PX,
    marginLeft: 76,
    marginRight: 40,
    marginTop: 44,
    marginBottom: 14,
    x: {
      axis: "top",
      label: null,
      domain: [0, axes.length - 1],
      ticks: axes.map((_, x) => x),
      tickFormat: (x: number) => shortened(axes[x]!.name, 14),
      tickSize: 0,
      tickPadding: 18,
    },
    y: { axis: null, domain: [0, 1] },
    marks: [
      plot.ruleX(axes.map((_, x) => x), { strokeOpacity: 0.5 }),
      plot.line(points, {
        x: "x",
        y: "y",
        z: "order",
        stroke: (one) => one.isGood ? PALETTE[0] : MUTED,
        strokeOpacity: (one) => one.isGood ? 1 : 0.45,
        strokeWidth: (one) => one.isGood ? 2 : 1.2,
        curve: "bump-x",
        title: "text",
      }),
      // The page's own colour around the letters keeps the lines behind them apart.
      plot.text(ticks, {
        x: "x",
        y: "at",
        text: "text",
        dx: -5,
        textAnchor: "end",
        fill: "currentColor",
        stroke: "var(--graft-page, Canvas)",
        strokeWidth: 4,
      }),
    ],
    color: { type: "identity" },
    opacity: { type: "identity" },
  }));
  return chart(svgOf([drawing]));
}

function axisOf(
  name: string,
  trials: readonly ParallelTrial[],
  of: (trial: ParallelTrial) => number | string | boolean | undefined,
): Axis {
  const values = trials.map(of).filter((value) => value !== undefined);
  const numbers = values.filter((value) => typeof value === "number");
  return numbers.length === values.length
    ? numberAxis(name, numbers, of as (trial: ParallelTrial) => number | undefined)
    : wordAxis(name, [...new Set(values.map(String))].sort(), of);
}

function numberAxis(
  name: string,
  numbers: readonly number[],
  of: (trial: ParallelTrial) => number | undefined,
): Axis {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const isWide = least > 0 && most / least > WIDE;
  const scaled = isWide ? Math.log : (value: number) => value;
  const back = isWide ? Math.exp : (value: number) => value;
  const span = scaled(most) - scaled(least);
  const place = (value: number) => span === 0 ? 0.5 : (scaled(value) - scaled(least)) / span;
  const at = (trial: ParallelTrial) => {
    const value = of(trial);
    return value === undefined ? undefined : place(value);
  };
  const ticks = span === 0
    ? [{ at: 0.5, text: short(least) }]
    : [0, 0.5, 1].map((part) => ({ at: part, text: short(back(scaled(least) + part * span)) }));
  return { name, at, ticks };
}

function wordAxis(
  name: string,
  words: readonly string[],
  of: (trial: ParallelTrial) => number | string | boolean | undefined,
): Axis {
  const place = (at: number) => words.length === 1 ? 0.5 : at / (words.length - 1);
  return {
    name,
    at: (trial) => {
      const value = of(trial);
      return value === undefined ? undefined : place(words.indexOf(String(value)));
    },
    ticks: words.map((word, at) => ({ at: place(at), text: shortened(word, 8) })),
  };
}

function said({ settings, value }: ParallelTrial): string {
  const parts = Object.entries(settings).map(([name, one]) =>
    `${name} ${typeof one === "number" ? short(one) : one}`
  );
  return `${parts.join(", ")}: ${short(value)}`;
}

function short(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
