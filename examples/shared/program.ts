import { dirname } from "@std/path";
import { parseArgs } from "node:util";
import type { Findings, Row } from "./findings.ts";
import { findingsPage } from "./findings_page.ts";

export type { Captioned, Findings, Row } from "./findings.ts";

/** What every program is told on the command line; most have options of their own besides. */
export interface ProgramOptions {
  /** Seed of everything that is drawn. */
  readonly seed: number;
  /** Folder or file of the reader's own data; without it the program draws its own. */
  readonly data?: string;
  /** Whether less is printed: only what was found. */
  readonly quiet: boolean;
}

/** A program: what it is called, its own options, and what it does. */
export interface Program<F extends Findings> {
  /** Its file's name without ending; the report is `out/NAME.html`. */
  readonly name: string;
  /** Further options by name, each with the value it has where none is given. */
  readonly options?: Readonly<Record<string, string>>;
  /** Does the work; `own` holds all of its options. */
  run(options: ProgramOptions, own: Readonly<Record<string, string>>): Promise<F>;
}

/**
 * Runs a program from code: options of its own that are left out have their usual values. Quiet unless
 * told otherwise.
 */
export function runProgram<F extends Findings>(
  program: Program<F>,
  { own = {}, ...options }: Partial<ProgramOptions> & {
    readonly own?: Readonly<Record<string, string | number>>;
  } = {},
): Promise<F> {
  const texts = Object.entries(own).map(([name, value]) => [name, String(value)]);
  const all = { ...program.options, ...Object.fromEntries(texts) };
  return program.run({ seed: 0, quiet: true, ...options }, all);
}

/** Runs a program on the command line's arguments, prints what it found and writes its page. */
export async function main<F extends Findings>(program: Program<F>): Promise<void> {
  const started = performance.now();
  const own = Object.entries(program.options ?? {});
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      data: { type: "string" },
      seed: { type: "string", default: "0" },
      quiet: { type: "boolean", default: false },
      charts: { type: "string" },
      ...Object.fromEntries(
        own.map(([name, value]) => [name, { type: "string", default: value } as const]),
      ),
    },
  });
  const given = values as {
    data?: string;
    seed: string;
    quiet: boolean;
    charts?: string;
  };
  const found = await program.run({
    seed: numberOf(given, "seed"),
    quiet: given.quiet,
    ...(given.data !== undefined && { data: given.data }),
  }, Object.fromEntries(own.map(([name]) => [name, String((values as never)[name])])));
  const seconds = (performance.now() - started) / 1000;
  await Deno.mkdir("out", { recursive: true });
  const page = `out/${program.name}.html`;
  await Deno.writeTextFile(page, findingsPage(found, { program: program.name, seconds }));
  console.log(`\n${found.title}\n\n${table(found.rows)}\n`);
  console.log(`Wrote ${page} in ${seconds.toFixed(0)} s`);
  if (given.charts !== undefined) await writeCharts(found, `${given.charts}/${program.name}`);
}

/** Writes each chart as `START-1.svg` and so on; the text of a chart has the colour of that around it. */
async function writeCharts({ charts = [] }: Findings, start: string): Promise<void> {
  await Deno.mkdir(dirname(start), { recursive: true });
  for (const [index, { svg }] of charts.entries()) {
    const file = `${start}-${index + 1}.svg`;
    await Deno.writeTextFile(file, onWhite(svg));
    console.log(`Wrote ${file}`);
  }
}

/** A chart on a white ground, so that it can be read wherever it is shown. */
function onWhite(svg: string): string {
  return svg.replace(/<svg\b([^>]*)>/, (_, attributes: string) => {
    const named = attributes.includes("xmlns=")
      ? attributes
      : `${attributes} xmlns="http://www.w3.org/2000/svg"`;
    const style = /style="/.test(named)
      ? named.replace('style="', 'style="background:#fff;color:#1c2430;')
      : `${named} style="background:#fff;color:#1c2430"`;
    return `<svg${style}>`;
  }) + "\n";
}

/** An option that is a number. Throws `RangeError` where it is none. */
export function numberOf(own: Readonly<Record<string, unknown>>, name: string): number {
  const text = own[name];
  const value = text === "" ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new RangeError(`--${name} must be a number, found ${JSON.stringify(text)}`);
}

/** The rows in columns of even width. */
export function table(rows: readonly Row[]): string {
  const headings = Object.keys(rows[0]?.figures ?? {});
  const lines = [
    ["", ...headings],
    ...rows.map(({ name, figures }) => [name, ...headings.map((one) => figures[one] ?? "")]),
  ];
  const widths = lines[0]!.map((_, column) =>
    Math.max(...lines.map((line) => line[column]!.length))
  );
  return lines.map((line) =>
    line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)
    ).join("  ").trimEnd()
  ).join("\n");
}

/** A share as people read it. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
