import { parseArgs } from "@std/cli/parse-args";
import { nearest } from "../tensor/nearest.ts";
import type { Command } from "./command.ts";
import { COMMON_OPTIONS, type Option } from "./option.ts";
import type { Values } from "./values.ts";
import { UsageError } from "./usage_error.ts";

/** Reads the arguments of `command`. Throws `UsageError` for a wrong, unknown or missing one. */
export function parse(
  { name, options, positionals }: Pick<Command, "name" | "options" | "positionals">,
  args: readonly string[],
): Values {
  const all = [...options, ...COMMON_OPTIONS];
  const names = (flags: boolean) =>
    all.filter(({ kind }) => (kind === "flag") === flags).map((option) => option.name);
  const found = parseArgs([...args], {
    boolean: names(true),
    string: [...names(false), "_"],
    collect: names(false),
    alias: { help: "h" },
    "--": true,
    unknown(arg, key) {
      if (key !== undefined) throw new UsageError(unknownOption(name, arg, key, all));
      return true;
    },
  }) as Readonly<Record<string, unknown>>;
  const values = new Map<string, string | number>();
  for (const option of all) {
    const given = option.kind === "flag" ? [] : found[option.name] as string[];
    if (given.length > 1) {
      throw new UsageError(`--${option.name} is given ${given.length} times; give it once`);
    }
    if (given.length === 1) values.set(option.name, checked(option, given[0]!));
  }
  const files = [...found["_"] as string[], ...found["--"] as string[]].map(String);
  if (found["help"] !== true) checkPositionals(name, positionals, files);
  return {
    args,
    positionals: files,
    text: (option) => values.get(option)?.toString(),
    number: (option) => {
      const value = values.get(option);
      return typeof value === "number" ? value : undefined;
    },
    flag: (option) => found[option] === true,
  };
}

/** The text of a value as its option wants it. */
function checked(option: Option, text: string): string | number {
  const { name, kind, choices } = option;
  const refuse = (allowed: string) => {
    const what = text === "" ? "nothing" : `"${text}"`;
    throw new UsageError(`--${name} must be ${allowed}, found ${what}`);
  };
  if (choices && !choices.includes(text)) {
    const near = nearest(text, choices);
    refuse(`one of ${choices.join(", ")}${near ? ` (did you mean ${near}?)` : ""}`);
  }
  if (kind === "text") {
    if (text === "") refuse(`a ${option.value ?? "value"}`);
    return text;
  }
  if (text === option.word) return text;
  const { least = -Infinity, above = -Infinity, most = Infinity } = option;
  const number = text.trim() === "" ? NaN : Number(text);
  const whole = kind === "integer";
  const fits = Number.isFinite(number) && number >= least && number > above && number <= most &&
    (!whole || Number.isSafeInteger(number));
  const orWord = option.word === undefined ? "" : `, or ${option.word}`;
  if (!fits) refuse(`${whole ? "a whole number" : "a number"}${bounds(option)}${orWord}`);
  return number;
}

function bounds({ least, above, most }: Option): string {
  const low = least !== undefined
    ? `${least} or more`
    : above !== undefined
    ? `above ${above}`
    : "";
  const high = most !== undefined ? `${most} at most` : "";
  const both = [low, high].filter((text) => text !== "").join(", ");
  return both && `, ${both}`;
}

function unknownOption(
  command: string,
  arg: string,
  key: string,
  options: readonly Option[],
): string {
  const near = nearest(key, options.map(({ name }) => name));
  const given = arg.split("=")[0];
  const advice = near === undefined ? `"${command} --help" lists them` : `did you mean --${near}?`;
  return `${command} has no option ${given}; ${advice}`;
}

function checkPositionals(
  command: string,
  wanted: readonly string[],
  found: readonly string[],
): void {
  const least = wanted.filter((name) => !name.startsWith("[")).length;
  const most = wanted.some((name) => name.includes("…")) ? Infinity : wanted.length;
  if (found.length < least) {
    const missing = wanted.slice(found.length).join(" ");
    throw new UsageError(`${command} needs ${missing}; "${command} --help" says more`);
  }
  if (found.length > most) {
    throw new UsageError(
      `${command} takes ${wanted.join(" ") || "no files"}, found also "${found[most]}"`,
    );
  }
}
