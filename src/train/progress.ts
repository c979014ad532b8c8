/** Shows how far something has come. */
export interface Progress {
  /** Says that `done` of `total` are done, and whatever else there is to know. */
  at(done: number, total: number, more?: string): void;
  /** A line of its own. */
  note(line: string): void;
  /** Ends the bar. */
  done(): void;
}

const WIDTH = 24;
const REDRAW_MS = 100;
const LINE_MS = 10_000;

/**
 * A progress bar on stderr where that is a terminal, a line every ten seconds elsewhere, nothing where
 * `verbose` is false.
 */
export function stderrProgress(verbose: boolean, what: string): Progress {
  if (!verbose) return { at: () => {}, note: () => {}, done: () => {} };
  const write = (text: string) => {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  };
  return createProgress(what, { isTerminal: Deno.stderr.isTerminal(), write, now: Date.now });
}

/** Where a progress bar goes, and its clock in milliseconds. */
export interface ProgressTarget {
  /** Whether lines can be drawn over. */
  readonly isTerminal: boolean;
  /** Writes text. */
  write(text: string): void;
  /** The time. */
  now(): number;
}

/** A progress bar on any target. */
export function createProgress(what: string, target: ProgressTarget): Progress {
  const start = target.now();
  let shown = start;
  let drawn = false;
  const clear = () => {
    if (drawn) target.write("\r\x1b[K");
    drawn = false;
  };
  return {
    at(done, total, more = "") {
      const now = target.now();
      if (now - shown < (target.isTerminal ? REDRAW_MS : LINE_MS)) return;
      shown = now;
      const line = barLine(what, { done, total, seconds: (now - start) / 1000, more });
      target.write(target.isTerminal ? `\r\x1b[K${line}` : `${line}\n`);
      drawn = target.isTerminal;
    },
    note(line) {
      clear();
      target.write(`${line}\n`);
    },
    done: clear,
  };
}

/** One line: bar, count, rate and remaining time. */
export function barLine(
  what: string,
  { done, total, seconds, more }: { done: number; total: number; seconds: number; more: string },
): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const full = Math.round(share * WIDTH);
  const perSecond = seconds > 0 ? done / seconds : 0;
  const left = perSecond > 0 ? `${duration((total - done) / perSecond)} left` : "";
  const rate = `${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s`;
  const parts = [`${done}/${total}`, rate, more, left].filter((part) => part !== "");
  return `${what} ${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${parts.join("  ")}`;
}

/** Seconds as `42 s` or `3 min 05 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
