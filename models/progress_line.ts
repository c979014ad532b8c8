/** A line on stderr that says how far something has come. */
export interface ProgressLine {
  /** Shows `done` of `total` bytes. */
  show(done: number, total: number | undefined): void;
  /** Leaves the line as it is and goes to the next. */
  end(): void;
}

/** Redrawn in place on a terminal; elsewhere one plain line at the start. Nothing unless `visible`. */
export function progressLine(title: string, visible: boolean): ProgressLine {
  if (!visible) return { show: () => {}, end: () => {} };
  const terminal = Deno.stderr.isTerminal();
  let shown = "";
  const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  return {
    show(done, total) {
      if (!terminal) {
        if (shown === "") write(shown = `${title} (${megabytes(total ?? done)})\n`);
        return;
      }
      const share = total === undefined ? "" : ` of ${megabytes(total)}, ${percent(done, total)}`;
      const text = `${title}: ${megabytes(done)}${share}`;
      if (text !== shown) write(`\r${text}\x1b[K`);
      shown = text;
    },
    end: () => void (terminal && shown !== "" && write("\n")),
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function percent(done: number, total: number): string {
  return `${Math.floor(100 * done / total)} %`;
}
