import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import type { Features } from "../../train/extract_features.ts";
import { principalComponents } from "../principal_components.ts";
import { type Chart, chart, type ChartOptions } from "./chart.ts";
import { chartSchema } from "./chart_schema.ts";
import { drawn, shortened, svgOf } from "./draw.ts";
import { colorOf, MUTED, PALETTE } from "./palette.ts";

/** Options of `plotEmbeddings`. */
export interface PlotEmbeddingsOptions extends ChartOptions {
  /** Labels of the classes. @default their indices */
  readonly classes?: readonly string[];
  /** What to call each row where the pointer rests on it. @default its index in the data set */
  readonly names?: readonly string[];
}

const schema: z.ZodType<PlotEmbeddingsOptions> = z.strictObject({
  ...chartSchema,
  classes: z.array(z.string()).optional(),
  names: z.array(z.string()).optional(),
}) as z.ZodType<PlotEmbeddingsOptions>;

/**
 * Features as dots in the plane, coloured by class: `[N, 2]` as they are, wider ones along their first
 * two principal components. Of more than eight classes the eight largest have colours. Throws
 * `TypeError` where the features are not `[N, D]` with D of 2 or more.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { plotEmbeddings } from "@graft/graft";
 *
 * const targets = Int32Array.of(0, 1);
 * const features = { data: Float32Array.of(0, 1, 1, 0), shape: [2, 2], targets, indices: [0, 1] };
 * const { svg } = await plotEmbeddings({ ...features, layer: "pool" }, { classes: ["ant", "bee"] });
 * assertStringIncludes(svg, "ant");
 * ```
 */
export async function plotEmbeddings(
  features: Features,
  options: PlotEmbeddingsOptions = {},
): Promise<Chart> {
  const checked = checkOptions("plotEmbeddings", schema, options);
  const { widthPx = 480, classes, names, title } = checked;
  const { data, shape, targets, indices, layer } = features;
  if (shape.length !== 2 || shape[1]! < 2) {
    throw new TypeError(
      `plotEmbeddings(): features must be [N, D] with D of 2 or more, found [${shape}]`,
    );
  }
  const placed = shape[1] === 2 ? data : principalComponents(data, shape[0]!);
  const shown = shownClasses(targets);
  const nameOf = (label: number) => label < 0 ? "unknown" : classes?.[label] ?? String(label);
  const points = Array.from(targets, (label, row) => ({
    x: placed[2 * row]!,
    y: placed[2 * row + 1]!,
    color: shown.includes(label) ? colorOf(shown.indexOf(label)) : MUTED,
    text: `${nameOf(label)}: ${names?.[row] ?? indices[row]}`,
  }));
  const hasOthers = Array.from(targets).some((label) => !shown.includes(label));
  const drawing = await drawn({
    title: title ?? `Features of "${layer}"` + (shape[1] === 2 ? "" : ", principal components"),
    description: `${shape[0]} examples in the plane, of ${shown.map(nameOf).join(", ")}`,
    legend: [
      ...shown.map((label, at) => ({
        label: shortened(nameOf(label), 18),
        color: colorOf(at),
      })),
      ...(hasOthers ? [{ label: "others", color: MUTED }] : []),
    ],
  }, (plot) => ({
    width: widthPx,
    height: Math.round(0.75 * widthPx),
    marginLeft: 48,
    marginTop: 14,
    marginRight: 14,
    x: { label: null, ticks: 5, nice: true, grid: true },
    y: { label: null, ticks: 5, nice: true, grid: true },
    marks: [
      plot.dot(points, {
        x: "x",
        y: "y",
        fill: "color",
        fillOpacity: 0.75,
        r: points.length > 1000 ? 2 : 3.5,
        title: "text",
      }),
    ],
    color: { type: "identity" },
  }));
  return chart(svgOf([drawing]));
}

/** The classes that have colours, in their order: the largest. */
function shownClasses(targets: Int32Array): number[] {
  const counts = new Map<number, number>();
  for (const label of targets) if (label >= 0) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, PALETTE.length)
    .map(([label]) => label).sort((a, b) => a - b);
}
