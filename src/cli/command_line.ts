import { fromFileUrl, relative } from "@std/path";

const PROGRAM = import.meta.resolve("./mod.ts");

/** The line for a shell that runs the command line with these arguments. */
export function commandLine(args: readonly string[]): string {
  const program = PROGRAM.startsWith("file:")
    ? relative(Deno.cwd(), fromFileUrl(PROGRAM))
    : PROGRAM;
  return ["deno", "run", "-A", program, ...args].map(quoted).join(" ");
}

/** A word as a POSIX shell reads it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
