import { show } from "../../tensor/options.ts";
import type { Rng } from "../../tensor/rng.ts";
import { rng } from "../../tensor/rng.ts";

/** One hyper-parameter: which values it may have. */
export interface Dimension<T> {
  /** How its values lie. */
  readonly kind: "uniform" | "logUniform" | "integer" | "choice";
  /** The same in words, such as `uniform(0, 0.5)`, by which searches are told apart. */
  readonly text: string;
  /** Draws a value. */
  sample(random: Rng): T;
  /** About `count` values spread evenly over it, for a grid; all of a choice. */
  spread(count: number): readonly T[];
  /** What stands for a value in tables and files. */
  label(value: T): Label;
}

/** A value as a table shows it. */
export type Label = string | number | boolean;

/** Hyper-parameters by name. */
export type Space = Readonly<Record<string, Dimension<unknown>>>;

/** Values of a space, by name. */
export type ValuesOf<S extends Space> = {
  readonly [Name in keyof S]: S[Name] extends Dimension<infer T> ? T : never;
};

/**
 * A number of [`low`, `high`), all as likely. Throws `RangeError` where `low` is not below `high`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { uniform } from "@graft/graft";
 *
 * assertEquals(uniform(0, 0.5).spread(3), [0, 0.25, 0.5]);
 * ```
 */
export function uniform(low: number, high: number): Dimension<number> {
  checkRange("uniform", low, high);
  return {
    kind: "uniform",
    text: `uniform(${low}, ${high})`,
    sample: (random) => low + (high - low) * random.uniform(),
    spread: (count) => evenly(count).map((share) => low + (high - low) * share),
    label: (value) => value,
  };
}

/**
 * A number of [`low`, `high`) whose order of magnitude is drawn: as often from 0.001 to 0.01 as from
 * 0.01 to 0.1. Throws `RangeError` where `low` is not above 0 and below `high`.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { logUniform } from "@graft/graft";
 *
 * assertAlmostEquals(logUniform(1e-4, 1e-2).spread(3)[1]!, 1e-3, 1e-12);
 * ```
 */
export function logUniform(low: number, high: number): Dimension<number> {
  checkRange("logUniform", low, high);
  if (low <= 0) throw new RangeError(`logUniform(): the bounds must be above 0, found ${low}`);
  const at = (share: number) => low * (high / low) ** share;
  return {
    kind: "logUniform",
    text: `logUniform(${low}, ${high})`,
    sample: (random) => at(random.uniform()),
    spread: (count) => evenly(count).map(at),
    label: (value) => value,
  };
}

/**
 * A whole number from `low` to `high`, both included.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { integer } from "@graft/graft";
 *
 * assertEquals(integer(1, 4).spread(10), [1, 2, 3, 4]);
 * ```
 */
export function integer(low: number, high: number): Dimension<number> {
  checkRange("integer", low, high);
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) {
    throw new RangeError(`integer(): the bounds must be whole numbers, found ${low} and ${high}`);
  }
  return {
    kind: "integer",
    text: `integer(${low}, ${high})`,
    sample: (random) => low + random.integer(high - low + 1),
    spread: (count) => [
      ...new Set(evenly(count).map((share) => Math.round(low + (high - low) * share))),
    ],
    label: (value) => value,
  };
}

/**
 * One of some values of any kind, all as likely. Throws `RangeError` where there are none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { choice } from "@graft/graft";
 *
 * assertEquals(choice([16, 32]).spread(1), [16, 32]);
 * ```
 */
export function choice<const T>(values: readonly T[]): Dimension<T> {
  if (!Array.isArray(values) || values.length === 0) {
    throw new RangeError(`choice(): give a list of one value at least, found ${show(values)}`);
  }
  const labels = values.map((value, index) => labelOf(value, index));
  return {
    kind: "choice",
    text: `choice(${labels.map((label) => JSON.stringify(label)).join(", ")})`,
    sample: (random) => values[random.integer(values.length)]!,
    spread: () => values,
    label: (value) => labels[values.indexOf(value)] ?? labelOf(value, -1),
  };
}

/** Values drawn for a trial; each name has a stream of its own. */
export function sampleSpace<S extends Space>(space: S, seed: number, trial: number): ValuesOf<S> {
  return Object.fromEntries(
    Object.entries(space).map((
      [name, one],
    ) => [name, one.sample(rng(seed, "search", trial, name))]),
  ) as ValuesOf<S>;
}

/** Every combination of the values of a space, the last name changing fastest. */
export function gridOf<S extends Space>(space: S, points: number): ValuesOf<S>[] {
  let all: Record<string, unknown>[] = [{}];
  for (const [name, one] of Object.entries(space)) {
    const values = one.spread(points);
    all = all.flatMap((before) => values.map((value) => ({ ...before, [name]: value })));
  }
  return all as ValuesOf<S>[];
}

/** What stands for the values of a trial. */
export function labelsOf(
  space: Space,
  values: Readonly<Record<string, unknown>>,
): Record<string, Label> {
  return Object.fromEntries(
    Object.entries(space).map(([name, one]) => [name, one.label(values[name])]),
  );
}

/** Shares from 0 to 1; a single one lies in the middle. */
function evenly(count: number): number[] {
  if (count === 1) return [0.5];
  return Array.from({ length: count }, (_, index) => index / (count - 1));
}

function checkRange(name: string, low: number, high: number): void {
  if (Number.isFinite(low) && Number.isFinite(high) && low < high) return;
  throw new RangeError(`${name}(): give two numbers, the lower first; found ${low} and ${high}`);
}

function labelOf(value: unknown, index: number): Label {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "function") return value.name || `choice ${index + 1}`;
  if (value instanceof RegExp) return String(value);
  return show(value);
}
