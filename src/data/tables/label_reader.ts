import { nearest } from "../../tensor/nearest.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { labelsIn, multiHot } from "../multi_hot.ts";
import type { Table, TableRow } from "./read_table.ts";

/** The classes of a table and the target of each row. */
export interface LabelReader {
  /** Names of the classes, where there are any. */
  readonly classes: readonly string[] | undefined;
  /** The class index of a row, or `[C]` of 0 and 1. Throws `SyntaxError` with its line. */
  targetOf(row: TableRow): number | Tensor | undefined;
}

/** How the columns `label` or `labels` are read. */
export function labelReader(
  table: Table,
  { label, labels, separator, classes: wanted }: {
    readonly label?: string | undefined;
    readonly labels?: string | undefined;
    readonly separator: string;
    readonly classes?: readonly string[] | undefined;
  },
): LabelReader {
  const column = label ?? labels;
  if (column === undefined) return { classes: wanted, targetOf: () => undefined };
  const namesIn = ({ values }: TableRow) =>
    label === undefined ? labelsIn(values[column]!, separator) : [values[column]!.trim()];
  const classes = wanted ?? [...new Set(table.rows.flatMap(namesIn))].sort();
  const unknown = (name: string, { line }: TableRow) => {
    const near = nearest(name, classes);
    const what = name === "" ? "is empty" : `holds "${name}", which is no class`;
    return new SyntaxError(
      `"${table.name}", line ${line}: column "${column}" ${what}; ` +
        (near === undefined || name === ""
          ? `the classes are ${classes.slice(0, 10).join(", ")}`
          : `did you mean "${near}"?`),
    );
  };
  if (label === undefined) {
    return {
      classes,
      targetOf: (row) => multiHot(namesIn(row), classes, (name) => unknown(name, row)),
    };
  }
  const places = new Map(classes.map((name, index) => [name, index]));
  return {
    classes,
    targetOf(row) {
      const [name] = namesIn(row) as [string];
      const index = places.get(name);
      if (index === undefined || name === "") throw unknown(name, row);
      return index;
    },
  };
}
