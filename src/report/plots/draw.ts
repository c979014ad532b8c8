import type { PlotOptions } from "@observablehq/plot";
import { escaped } from "../escaped.ts";

/** The plotting library; loaded by the first chart. */
export type Plot = typeof import("@observablehq/plot");

/** One entry of a legend. */
export interface LegendEntry {
  /** What it is. */
  readonly label: string;
  /** Its colour. */
  readonly color: string;
}

/** What is drawn around a plot. */
export interface Frame {
  /** Line above. */
  readonly title: string;
  /** What the picture says, for those who do not see it. */
  readonly description: string;
  /** Lines and dots, explained. @default {none} */
  readonly legend?: readonly LegendEntry[];
}

/** A part of a picture, and how large it is. */
export interface Drawing {
  /** SVG elements, from (0, 0) on. */
  readonly content: string;
  /** Width, in pixels. */
  readonly widthPx: number;
  /** Height, in pixels. */
  readonly heightPx: number;
}

const TITLE_PX = 24;
const LEGEND_LINE_PX = 18;
/** Mean width of a letter, as a share of the size of the type. */
const LETTER = 0.56;
/** Size of the type, in pixels. */
export const TYPE_PX = 12;

/** About how wide a text is, in pixels. */
export function widthOf(text: string): number {
  return [...text].length * TYPE_PX * LETTER;
}

/** A text of at most `letters` letters. */
export function shortened(text: string, letters: number): string {
  const all = [...text];
  return all.length <= letters ? text : `${all.slice(0, letters - 1).join("")}…`;
}

/** Draws a plot under a title and a legend. */
export async function drawn(
  frame: Frame,
  options: (plot: Plot) => PlotOptions & { readonly width: number; readonly height: number },
): Promise<Drawing> {
  const plot = await import("@observablehq/plot");
  const { default: domino } = await import("@mixmark-io/domino");
  const wanted = options(plot);
  // The library asks for a page only to make elements; any document will do.
  const document = domino.createDocument() as never;
  const element = plot.plot({
    ...wanted,
    document,
  }) as unknown as {
    readonly innerHTML: string;
  };
  const legend = legendOf(frame.legend ?? [], wanted.width);
  const top = TITLE_PX + legend.heightPx;
  const inner = element.innerHTML.replace(/<style>[\s\S]*?<\/style>/, "");
  return {
    widthPx: wanted.width,
    heightPx: top + wanted.height,
    content: `<g role="img" aria-label="${escaped(frame.description)}">` +
      `<text x="8" y="16" font-weight="600" text-anchor="start">${escaped(frame.title)}</text>` +
      `<g transform="translate(0,${TITLE_PX})">${legend.content}</g>` +
      `<g transform="translate(0,${top})">${inner}</g></g>`,
  };
}

/** Drawings below each other, as one SVG element. */
export function svgOf(drawings: readonly Drawing[]): string {
  const widthPx = Math.max(...drawings.map((drawing) => drawing.widthPx));
  let at = 0;
  const content = drawings.map((drawing) => {
    const moved = `<g transform="translate(0,${at})">${drawing.content}</g>`;
    at += drawing.heightPx;
    return moved;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${widthPx} ${at}" ` +
    `width="${widthPx}" height="${at}" style="max-width:100%;height:auto" ` +
    `font-family="system-ui, sans-serif" font-size="${TYPE_PX}" text-anchor="middle" ` +
    `fill="currentColor">${content.join("")}</svg>`;
}

function legendOf(entries: readonly LegendEntry[], widthPx: number): Drawing {
  let [x, y] = [8, entries.length > 0 ? LEGEND_LINE_PX : 0];
  const parts = entries.map(({ label, color }) => {
    const width = 16 + widthOf(label) + 12;
    if (x > 8 && x + width > widthPx) [x, y] = [8, y + LEGEND_LINE_PX];
    const part = `<rect x="${x}" y="${y - 12}" width="10" height="10" rx="2" fill="${color}"/>` +
      `<text x="${x + 15}" y="${y - 3}" text-anchor="start">${escaped(label)}</text>`;
    x += width;
    return part;
  });
  return { content: parts.join(""), widthPx, heightPx: y };
}
