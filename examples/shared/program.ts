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
  /** Does the work. */
  run(options: ProgramOptions, own: Readonly<Record<string, string>>): Promise<F>;
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
      ...Object.fromEntries(
        own.map(([name, value]) => [name, { type: "string", default: value } as const]),
      ),
    },
  });
  const given = values as { data?: string; seed: string; quiet: boolean };
  const found = await program.run({
    seed: Number(given.seed),
    quiet: given.quiet,
    ...(given.data !== undefined && { data: given.data }),
  }, Object.fromEntries(own.map(([name]) => [name, String((values as never)[name])])));
  const seconds = (performance.now() - started) / 1000;
  await Deno.mkdir("out", { recursive: true });
  const page = `out/${program.name}.html`;
  await Deno.writeTextFile(page, findingsPage(found, { program: program.name, seconds }));
  console.log(`\n${found.title}\n\n${table(found.rows)}\n`);
  console.log(`Wrote ${page} in ${seconds.toFixed(0)} s`);
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
