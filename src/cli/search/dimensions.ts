import { choice, type Dimension, logUniform, uniform } from "../../workflow/search/space.ts";
import { UsageError } from "../usage_error.ts";

/** How the numbers between two bounds lie. */
export type Scale = "linear" | "log";

/**
 * A hyper-parameter from the text of an option: `LOW:HIGH` is a range, `A,B,C` a list of which each is
 * read by `read`.
 */
export function dimensionOf(
  option: string,
  text: string,
  { scale, read }: { readonly scale?: Scale; readonly read: (part: string) => unknown },
): Dimension<unknown> {
  const range = /^([^:,]+):([^:,]+)$/.exec(text);
  try {
    if (scale && range) {
      const [low, high] = [numberOf(range[1]!), numberOf(range[2]!)];
      return scale === "log" ? logUniform(low, high) : uniform(low, high);
    }
    return choice(text.split(",").map((part) => read(part.trim())));
  } catch (error) {
    throw new UsageError(`--${option} "${text}": ${(error as Error).message}`);
  }
}

/** A finite number from text. */
export function numberOf(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number)) return number;
  throw new RangeError(`"${text}" is not a number`);
}

/** A number of at least 1 without fractions. */
export function countOf(text: string): number {
  const number = numberOf(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new RangeError(`"${text}" is not a whole number from 1 on`);
}

/** One of some words. */
export function wordOf(words: readonly string[]): (text: string) => string {
  return (text) => {
    if (words.includes(text)) return text;
    throw new RangeError(`"${text}" is none of ${words.join(", ")}`);
  };
}
