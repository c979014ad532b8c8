import type { Command } from "./command.ts";
import { COMMON_OPTIONS, type Option } from "./option.ts";

/** How the program is called, for the help. */
const PROGRAM = "graft";

const WIDTH = 96;

/** The help of the program. */
export function generalHelp(commands: readonly Command[]): string {
  return [
    "Fine-tunes ONNX models on the stock ONNX Runtime.",
    "",
    `Usage: ${PROGRAM} <command> [arguments]`,
    `where ${PROGRAM} is "deno run -A jsr:@graft/graft/cli", or in the repository ` +
    `"deno run -A src/cli/mod.ts"`,
    "",
    "Commands:",
    ...rows(commands.map(({ name, summary }) => [name, summary])),
    "",
    `"${PROGRAM} <command> --help" says more about a command.`,
    "Exit status: 0 done, 1 failed, 2 wrong arguments.",
  ].join("\n");
}

/** The help of one command. */
export function commandHelp(
  { name, summary, positionals, options, examples, notes }: Command,
): string {
  const list = (some: readonly Option[]) =>
    rows(some.map((option) => [left(option), right(option)]));
  return [
    `${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
    "",
    `Usage: ${[PROGRAM, name, ...positionals, "[options]"].join(" ")}`,
    ...options.length > 0 ? ["", "Options:", ...list(options)] : [],
    "",
    "Always:",
    ...list(COMMON_OPTIONS),
    ...notes ? ["", ...wrap(notes, WIDTH)] : [],
    "",
    examples.length > 1 ? "Examples:" : "Example:",
    ...examples.map((example) => `  ${PROGRAM} ${example}`),
  ].join("\n");
}

function left({ name, kind, value, choices }: Option): string {
  if (kind === "flag") return `--${name}`;
  return `--${name} ${value ?? choices?.join("|") ?? "VALUE"}`;
}

function right({ help, otherwise, choices, value }: Option): string {
  const named = value !== undefined && choices ? `: ${choices.join(", ")}` : "";
  return `${help}${named}${otherwise === undefined ? "" : ` (default: ${otherwise})`}`;
}

/** Two columns; the second is wrapped. */
function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(Math.max(...pairs.map(([first]) => first.length)), 26);
  return pairs.flatMap(([first, second]) => {
    const lines = wrap(second, WIDTH - width - 4);
    const indent = " ".repeat(width + 4);
    const rest = lines.map((line) => indent + line);
    if (first.length > width) return [`  ${first}`, ...rest];
    return [`  ${first.padEnd(width)}  ${lines[0] ?? ""}`, ...rest.slice(1)];
  });
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
