import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import type { EpochRecord, History } from "../../train/history.ts";
import { type Chart, chart, type ChartOptions } from "./chart.ts";
import { chartSchema } from "./chart_schema.ts";
import { type Drawing, drawn, svgOf } from "./draw.ts";
import { colorOf } from "./palette.ts";

const HEIGHT_PX = 200;

/** A line of a chart over epochs. */
interface Line {
  readonly label: string;
  readonly color: string;
  readonly points: readonly { readonly epoch: number; readonly value: number }[];
}

const schema: z.ZodType<ChartOptions> = z.strictObject(chartSchema) as z.ZodType<ChartOptions>;

/**
 * How training went, by epoch: the loss, the accuracy where targets are classes, and the learning
 * rate, of the training data and of the validation data.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { plotHistory } from "@graft/graft";
 *
 * const record = { epoch: 1, loss: 0.5, accuracy: 0.75, learningRate: 0.001, seconds: 2 };
 * const history = { epochs: [{ ...record, imagesPerSecond: 100 }] };
 * assertStringIncludes((await plotHistory(history)).svg, "learning rate");
 * ```
 */
export async function plotHistory(history: History, options: ChartOptions = {}): Promise<Chart> {
  const { widthPx = 480 } = checkOptions("plotHistory", schema, options);
  return chart(svgOf(await historyDrawings(history, widthPx)));
}

/** The charts of a history, each by itself. */
export async function historyDrawings(history: History, widthPx: number): Promise<Drawing[]> {
  const { epochs } = history;
  const line = (
    label: string,
    at: number,
    of: (record: EpochRecord) => number | undefined,
  ): Line => ({
    label,
    color: colorOf(at),
    points: epochs.flatMap((record) => {
      const value = of(record);
      return value === undefined || Number.isNaN(value) ? [] : [{ epoch: record.epoch, value }];
    }),
  });
  const charts = [
    over("loss", widthPx, [
      line("training", 0, ({ loss }) => loss),
      line("validation", 1, ({ validation }) => validation?.loss),
    ]),
    over("accuracy", widthPx, [
      line("training", 0, ({ accuracy }) => accuracy),
      line("validation", 1, ({ validation }) => validation?.accuracy),
    ]),
    over("learning rate", widthPx, [line("learning rate", 2, (record) => record.learningRate)]),
  ];
  return (await Promise.all(charts)).filter((one) => one !== undefined);
}

/** One quantity over epochs; nothing where no epoch has it. */
async function over(
  what: string,
  widthPx: number,
  all: readonly Line[],
): Promise<Drawing | undefined> {
  const lines = all.filter(({ points }) => points.length > 0);
  if (lines.length === 0) return undefined;
  const last = lines.map(({ label, points }) => `${label} ${short(points.at(-1)!.value)}`);
  const count = Math.max(...lines.flatMap(({ points }) => points.map(({ epoch }) => epoch)));
  const frame = {
    title: `${what[0]!.toUpperCase()}${what.slice(1)}`,
    description: `The ${what} over ${count} epochs, at the end: ${last.join(", ")}`,
    ...(lines.length > 1 && { legend: lines }),
  };
  return await drawn(frame, (plot) => ({
    width: widthPx,
    height: HEIGHT_PX,
    marginLeft: 56,
    marginTop: 14,
    marginRight: 16,
    marginBottom: 38,
    x: {
      label: "epoch",
      ticks: epochTicks(count),
      tickFormat: "d",
      ...(count === 1 && { domain: [0.5, 1.5] }),
    },
    y: {
      label: null,
      grid: true,
      nice: true,
      zero: what === "learning rate",
      ticks: 5,
      tickFormat: short,
    },
    marks: lines.flatMap(({ points, color }) => [
      plot.line(points, { x: "epoch", y: "value", stroke: color, strokeWidth: 2 }),
      ...(points.length <= 30
        ? [plot.dot(points, { x: "epoch", y: "value", fill: color, r: 2.5 })]
        : []),
    ]),
  }));
}

/** Whole epochs, at most ten. */
function epochTicks(count: number): number[] {
  const each = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((step) => count / step <= 10) ??
    Math.ceil(count / 10);
  const ticks = Array.from({ length: Math.floor(count / each) }, (_, at) => (at + 1) * each);
  return each === 1 ? ticks : [1, ...ticks];
}

function short(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
