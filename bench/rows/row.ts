/** What a row measures, on Graft's side. */
export interface Row {
  /** Unit of the numbers; the lower the better. */
  readonly unit: "ms" | "s" | "MiB";
  /** Graft's number. */
  readonly measure: (options: MeasureOptions) => Promise<number>;
  /** What it is held against, a line of the table each. */
  readonly lines: readonly Line[];
}

/** What a measurement may use. */
export interface MeasureOptions {
  /** A folder of pictures by class. */
  readonly pictures: string;
}

/** One comparison. */
export interface Line {
  /** What the table calls it. */
  readonly label: string;
  /** Which of PyTorch's numbers it is held against. @default {"value"} */
  readonly theirs?: string;
  /** The highest ratio of Graft's number to PyTorch's that is aimed at. */
  readonly bound: number;
}
