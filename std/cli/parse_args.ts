/**
 * What this repository uses of `@std/cli/parse-args`.
 * @module
 */

/**
 * Called for every argument that no option names: the argument, and for an option also its key and
 * value. Where it returns `false` the argument is left out of the result.
 */
export type UnknownHandler = (arg: string, key?: string, value?: unknown) => unknown;

/** What the arguments may be. */
export interface ParseOptions {
  /** Options that are on or off. Absent ones are `false`. */
  readonly boolean?: readonly string[];
  /** Options that keep their text. With `"_"`, positional arguments keep theirs too. */
  readonly string?: readonly string[];
  /** Further names by option. */
  readonly alias?: Readonly<Record<string, string | readonly string[]>>;
  /** Values of options that are absent. */
  readonly default?: Readonly<Record<string, unknown>>;
  /** Options that may be given several times; their value is a list. */
  readonly collect?: readonly string[];
  /** Options that `--no-<name>` turns off. */
  readonly negatable?: readonly string[];
  /** Whether everything after the first positional argument is positional. @default {false} */
  readonly stopEarly?: boolean;
  /** Whether what follows `--` is kept apart, under `"--"`. @default {false} */
  readonly "--"?: boolean;
  /** Called for every argument that no option names. */
  readonly unknown?: UnknownHandler;
}

/** Values by option; positional arguments under `_`. */
export interface ParsedArguments {
  /** Positional arguments; those that look like numbers are numbers, unless `string` has `"_"`. */
  _: (string | number)[];
  /** Arguments after `--`, where they are kept apart. */
  "--"?: string[];
  /** Values by option. */
  [option: string]: unknown;
}

/** Reads command-line arguments in the manner of getopt. */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): ParsedArguments {
  const parser = new Parser(options);
  const end = args.indexOf("--");
  const before = end < 0 ? args : args.slice(0, end);
  const after = end < 0 ? [] : args.slice(end + 1);
  for (let at = 0; at < before.length; at++) {
    const arg = before[at]!;
    if (!/^-./.test(arg)) {
      parser.positional(arg);
      if (!options.stopEarly) continue;
      for (const rest of before.slice(at + 1)) parser.positional(rest);
      break;
    }
    if (parser.option(arg, before[at + 1])) at++;
  }
  return parser.finish(after);
}

class Parser {
  readonly #result: ParsedArguments = { _: [] };
  readonly #names = new Map<string, string>();
  readonly #booleans: ReadonlySet<string>;
  readonly #strings: ReadonlySet<string>;

  constructor(readonly options: ParseOptions) {
    for (const [name, others] of Object.entries(options.alias ?? {})) {
      for (const other of [others].flat()) this.#names.set(other, name);
    }
    this.#booleans = new Set((options.boolean ?? []).map((name) => this.#main(name)));
    this.#strings = new Set((options.string ?? []).map((name) => this.#main(name)));
  }

  positional(arg: string): void {
    if (this.options.unknown?.(arg) === false) return;
    this.#result._.push(this.#strings.has("_") ? arg : numberOr(arg));
  }

  /** Takes an option; true where it took `next` as its value. */
  option(arg: string, next: string | undefined): boolean {
    const long = arg.startsWith("--");
    const equals = arg.indexOf("=");
    const text = arg.slice(long ? 2 : 1, equals < 0 ? undefined : equals);
    if (!long && equals < 0 && text.length > 1) {
      for (const letter of text.slice(0, -1)) this.#set(arg, letter, true);
      return this.option(`-${text.at(-1)}`, next);
    }
    const negated = long && text.startsWith("no-") ? this.#main(text.slice(3)) : undefined;
    if (negated && this.options.negatable?.some((one) => this.#main(one) === negated)) {
      this.#set(arg, negated, false);
      return false;
    }
    const key = this.#main(text);
    if (equals >= 0) {
      const value = arg.slice(equals + 1);
      this.#set(arg, key, this.#booleans.has(key) ? value !== "false" : value);
      return false;
    }
    if (this.#booleans.has(key) || next === undefined || next.startsWith("-")) {
      this.#set(arg, key, this.#strings.has(key) ? "" : true);
      return false;
    }
    this.#set(arg, key, next);
    return true;
  }

  finish(after: readonly string[]): ParsedArguments {
    const defaults = Object.entries(this.options.default ?? {});
    for (const [name, value] of defaults) this.#result[this.#main(name)] ??= value;
    for (const name of this.#booleans) this.#result[name] ??= false;
    for (const name of this.options.collect ?? []) this.#result[this.#main(name)] ??= [];
    for (const [other, name] of this.#names) {
      if (this.#result[name] !== undefined) this.#result[other] = this.#result[name];
    }
    if (this.options["--"]) this.#result["--"] = [...after];
    else for (const arg of after) this.positional(arg);
    return this.#result;
  }

  #main(name: string): string {
    return this.#names.get(name) ?? name;
  }

  #set(arg: string, name: string, value: unknown): void {
    const key = this.#main(name);
    const known = this.#booleans.has(key) || this.#strings.has(key) ||
      key in (this.options.alias ?? {});
    if (!known && this.options.unknown?.(arg, key, value) === false) return;
    const typed = typeof value === "string" && !this.#strings.has(key) ? numberOr(value) : value;
    if (this.options.collect?.some((one) => this.#main(one) === key)) {
      const list = this.#result[key] as unknown[] | undefined;
      this.#result[key] = [...list ?? [], typed];
    } else this.#result[key] = typed;
  }
}

function numberOr(text: string): string | number {
  return /^[-+]?(0x[0-9a-f]+|(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)$/i.test(text) ? Number(text) : text;
}
