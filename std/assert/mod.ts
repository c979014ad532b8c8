/**
 * What this repository uses of `@std/assert`.
 * @module
 */
import { inspect } from "node:util";
import { equal } from "./equal.ts";

export { equal };

/** A class, abstract or not. */
export type AnyConstructor = abstract new (...args: never[]) => unknown;

/** Thrown by a failing assertion. */
export class AssertionError extends Error {
  /** An error that says `message`. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Asserts that `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Asserts that `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is false | 0 | "" | null {
  if (expr) throw new AssertionError(msg);
}

/** Fails. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${msg ? `: ${msg}` : "."}`);
}

/** Marks code that is never reached. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${msg ? `: ${msg}` : "."}`);
}

/** Asserts that two values are equal in depth. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  refuse("Values are not equal", `actual   ${show(actual)}\nexpected ${show(expected)}`, msg);
}

/** Asserts that two values differ in depth. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) refuse(`Expected values to differ: ${show(actual)}`, "", msg);
}

/** Asserts that two values are the same (`Object.is`). */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  refuse("Values are not the same", `actual   ${show(actual)}\nexpected ${show(expected)}`, msg);
}

/** Asserts that two values are not the same (`Object.is`). */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (Object.is(actual, expected)) {
    refuse(`Expected another value than ${show(actual)}`, "", msg);
  }
}

/** Asserts that two numbers differ by `tolerance` at most; by default 1e-7 of the expected one. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const delta = Math.abs(expected - actual);
  if (delta <= allowed) return;
  refuse(
    `Expected ${actual} to be close to ${expected}: they differ by ${delta}, allowed is ${allowed}`,
    "",
    msg,
  );
}

/** Asserts that `actual` is neither `null` nor `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) refuse(`Expected a value, found ${actual}`, "", msg);
}

/** Asserts that `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    refuse(`Expected ${show(actual)} to contain ${show(expected)}`, "", msg);
  }
}

/** Asserts that `actual` contains every element of `expected`. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const missing = Array.from(expected).filter((one) =>
    !Array.from(actual).some((other) => equal(one, other))
  );
  if (missing.length > 0) refuse(`Missing: ${show(missing)}`, `in ${show(actual)}`, msg);
}

/** Asserts that `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) refuse(`Expected ${show(actual)} to match ${expected}`, "", msg);
}

/** Asserts that `actual` does not match `expected`. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) refuse(`Expected ${show(actual)} not to match ${expected}`, "", msg);
}

/** Asserts that `actual` is an instance of `expectedType`. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  refuse(`Expected a ${expectedType.name}, found ${show(actual)}`, "", msg);
}

/** Asserts that `actual` is greater than `expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) refuse(`Expected ${show(actual)} > ${show(expected)}`, "", msg);
}

/** Asserts that `actual` is `expected` or greater. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) refuse(`Expected ${show(actual)} >= ${show(expected)}`, "", msg);
}

/** Asserts that `actual` is less than `expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) refuse(`Expected ${show(actual)} < ${show(expected)}`, "", msg);
}

/** Asserts that `actual` is `expected` or less. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) refuse(`Expected ${show(actual)} <= ${show(expected)}`, "", msg);
}

/** Asserts that `actual` has every property of `expected`, in depth. */
export function assertObjectMatch(
  actual: Readonly<Record<PropertyKey, unknown>>,
  expected: Readonly<Record<PropertyKey, unknown>>,
  msg?: string,
): void {
  if (!contains(actual, expected)) {
    refuse(`Expected ${show(actual)} to contain ${show(expected)}`, "", msg);
  }
}

/** Asserts that `error` is an `ErrorClass` whose message contains `msgMatches`, or matches it. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: abstract new (...args: never[]) => E,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) refuse(`Expected an Error, found ${show(error)}`, "", msg);
  if (ErrorClass && !(error instanceof ErrorClass)) {
    refuse(`Expected ${ErrorClass.name}, found ${error.name}: ${error.message}`, "", msg);
  }
  if (msgMatches === undefined) return;
  const matches = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches.test(error.message);
  if (matches) return;
  refuse(`Expected a message with ${show(msgMatches)}, found ${show(error.message)}`, "", msg);
}

/** Asserts that `fn` throws; gives what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Asserts that `fn` throws an `ErrorClass` whose message contains `msgIncludes`; gives it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: abstract new (...args: never[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  ErrorClass?: string | (abstract new (...args: never[]) => Error),
  msgIncludes?: string,
  msg?: string,
): unknown {
  const text = typeof ErrorClass === "string" ? ErrorClass : msg;
  try {
    fn();
  } catch (error) {
    if (typeof ErrorClass === "function") assertIsError(error, ErrorClass, msgIncludes, text);
    return error;
  }
  refuse("Expected the function to throw", "", text);
}

/** Asserts that `fn` gives a promise that rejects; gives the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Asserts that `fn` gives a promise that rejects with an `ErrorClass` whose message contains `msgIncludes`. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: abstract new (...args: never[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  ErrorClass?: string | (abstract new (...args: never[]) => Error),
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const text = typeof ErrorClass === "string" ? ErrorClass : msg;
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    refuse(`Expected a rejection, but the function threw at once: ${error}`, "", text);
  }
  try {
    await promise;
  } catch (error) {
    if (typeof ErrorClass === "function") assertIsError(error, ErrorClass, msgIncludes, text);
    return error;
  }
  refuse("Expected the promise to reject", "", text);
}

function contains(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== "object" || expected === null || ArrayBuffer.isView(expected)) {
    return equal(actual, expected);
  }
  if (typeof actual !== "object" || actual === null) return false;
  return Reflect.ownKeys(expected).every((key) =>
    contains(Reflect.get(actual, key), Reflect.get(expected, key))
  );
}

function show(value: unknown): string {
  return inspect(value, { depth: 6, maxArrayLength: 60, maxStringLength: 2000 });
}

function refuse(what: string, detail: string, msg: string | undefined): never {
  throw new AssertionError(`${what}${msg ? `: ${msg}` : ""}${detail && `\n${detail}`}`);
}
