import type { Schedule } from "./schedule.ts";

/** The same learning rate throughout. */
export function constant(): Schedule {
  return () => 1;
}
