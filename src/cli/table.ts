/** Rows as aligned columns; columns of numbers end together. The first row is the header. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from(
    { length: columns },
    (_, column) => Math.max(...rows.map((row) => [...row[column] ?? ""].length)),
  );
  const numeric = widths.map((_, column) =>
    rows.slice(1).every((row) => /^[-\d.,\s%–]*$/.test(row[column] ?? ""))
  );
  return rows.map((row) =>
    widths.map((width, column) => {
      const cell = row[column] ?? "";
      const space = " ".repeat(width - [...cell].length);
      return numeric[column] ? space + cell : cell + space;
    }).join("  ").trimEnd()
  ).join("\n");
}

/** A share as a percentage with one decimal. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A count with separators. */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** `1 picture`, `2 pictures`. */
export function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}
