import type { Chart } from "../../mod.ts";
import { escaped } from "./escaped.ts";

/** A line of a chart. */
export interface Series {
  /** What it is. */
  readonly name: string;
  /** One value an epoch. */
  readonly values: readonly number[];
}

/** A bar of a chart. */
export interface Bar {
  /** What it is. */
  readonly name: string;
  /** How long it is. */
  readonly value: number;
}

/** A part of a picture that is drawn alone. */
type Picture = Pick<Chart, "svg">;

const WIDTH = 480;
const COLOURS = ["#2563eb", "#d97706", "#0d9488", "#9333ea", "#dc2626", "#64748b"];
const FONT = "system-ui, sans-serif";

/** Shares by epoch, from 0 to 1, a line each. */
export function shareCurves(title: string, series: readonly Series[]): Picture {
  const [left, right, top, height] = [44, 12, 34, 190];
  const epochs = Math.max(...series.map(({ values }) => values.length), 2);
  const x = (at: number) => left + (WIDTH - left - right) * at / (epochs - 1);
  const y = (value: number) => top + height * (1 - value);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) =>
    `<path d="M${left} ${y(share)}H${WIDTH - right}" stroke="currentColor" stroke-opacity=".15"/>` +
    label(`${100 * share} %`, { x: left - 8, y: y(share) + 4, anchor: "end" })
  );
  const step = Math.ceil(epochs / 6);
  const ticks = Array.from({ length: Math.ceil(epochs / step) }, (_, index) => {
    const epoch = index * step;
    return label(String(epoch + 1), { x: x(epoch), y: top + height + 18, anchor: "middle" });
  });
  const lines = series.map(({ values }, index) => {
    const points = values.map((value, epoch) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`);
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${
      colour(index)
    }" stroke-width="2.5" stroke-linejoin="round"/>`;
  });
  const keys = series.map(({ name }, index) => {
    const at = top + height + 40 + 18 * index;
    return `<path d="M${left} ${at - 4}h16" stroke="${colour(index)}" stroke-width="3"/>` +
      label(name, { x: left + 24, y: at });
  });
  const total = top + height + 36 + 18 * series.length;
  return picture(title, total, [...grid, ...ticks, ...lines, ...keys]);
}

/** Bars of shares from 0 to 1, or of other numbers where `written` says how they read. */
export function bars(
  title: string,
  all: readonly Bar[],
  written: (value: number) => string = (value) => `${(100 * value).toFixed(1)} %`,
): Picture {
  const [left, right, top, pitch] = [8, 64, 34, 40];
  const longest = Math.max(...all.map(({ value }) => value), 1e-9);
  const parts = all.map(({ name, value }, index) => {
    const at = top + pitch * index;
    const width = Math.max((WIDTH - left - right) * value / longest, 1);
    return label(name, { x: left, y: at + 12 }) +
      `<rect x="${left}" y="${at + 17}" width="${width.toFixed(1)}" height="12" rx="3" fill="${
        colour(index)
      }"/>` + label(written(value), { x: left + width + 6, y: at + 27 });
  });
  return picture(title, top + pitch * all.length + 4, parts);
}

function picture(title: string, height: number, parts: readonly string[]): Picture {
  const heading = label(title, { x: 8, y: 18, weight: 600, size: 14 });
  return {
    svg:
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-6 0 ${WIDTH + 6} ${height}" role="img" ` +
      `aria-label="${escaped(title)}">${heading}${parts.join("")}</svg>`,
  };
}

function label(
  text: string,
  { x, y, anchor = "start", weight = 400, size = 12 }: {
    readonly x: number;
    readonly y: number;
    readonly anchor?: "start" | "middle" | "end";
    readonly weight?: number;
    readonly size?: number;
  },
): string {
  return `<text x="${x.toFixed(1)}" y="${
    y.toFixed(1)
  }" text-anchor="${anchor}" font-family="${FONT}" ` +
    `font-size="${size}" font-weight="${weight}" fill="currentColor">${escaped(text)}</text>`;
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length]!;
}
