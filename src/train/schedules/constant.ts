import type { Schedule } from "./schedule.ts";

/**
 * The same learning rate throughout.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { constant } from "@graft/graft";
 *
 * assertEquals(constant()(90, 100, 10), 1);
 * ```
 */
export function constant(): Schedule {
  return () => 1;
}
