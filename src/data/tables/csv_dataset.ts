import { z } from "zod";
import { dirname, fromFileUrl, join } from "@std/path";
import type { Dataset } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import { arrays } from "../arrays.ts";
import type { OnUnreadable } from "../picture_dataset.ts";
import { type PictureEntry, pictures } from "../pictures.ts";
import { labelReader } from "./label_reader.ts";
import { checkColumns, readTable, type Table, type TableRow } from "./read_table.ts";

/** Options of `csvDataset`: which column is what. */
export interface CsvDatasetOptions {
  /** Column of pictures: paths from `root`, or addresses. */
  readonly path?: string;
  /** Numeric columns that are an input of the network, float32; a list is the input "x". */
  readonly numbers?: readonly string[] | Readonly<Record<string, readonly string[]>>;
  /** Column of class names. */
  readonly label?: string;
  /** Column of several class names each, for targets `[C]` of 0 and 1. */
  readonly labels?: string;
  /** What stands between the names in `labels`. @default {";"} */
  readonly separator?: string;
  /** Numeric columns that are the targets, for a regression. */
  readonly targets?: readonly string[];
  /** Column of how much each example counts in the loss. */
  readonly weight?: string;
  /** Names of the classes in the order of their indices, such as those of the training set. @default those that occur, sorted */
  readonly classes?: readonly string[];
  /** Folder that paths start from. @default that of the file */
  readonly root?: string | URL;
  /** What stands between values. @default a tab where the file's name ends in .tsv or .tab, else a comma */
  readonly delimiter?: string;
  /** Whether a picture that cannot be decoded is an error or left out. @default {"error"} */
  readonly onUnreadable?: OnUnreadable;
}

const column = z.string().min(1);
const columns = z.array(column).min(1);
const schema = z.strictObject({
  path: column.optional(),
  numbers: z.union([columns, z.record(z.string(), columns)])
    .describe("an array of columns, or such arrays by input").optional(),
  label: column.optional(),
  labels: column.optional(),
  separator: z.string().min(1).default(";"),
  targets: columns.optional(),
  weight: column.optional(),
  classes: columns.optional(),
  root: z.union([z.string(), z.instanceof(URL)]).describe("a path or a file: address").optional(),
  delimiter: z.string().min(1).optional(),
  onUnreadable: z.enum(["error", "skip"]).default("error"),
});

type Checked = z.infer<typeof schema>;

/**
 * The examples that a CSV or TSV file lists: pictures by path, or numbers, with a class, several
 * classes, or numbers to predict. Throws `TypeError` for options that exclude each other, `RangeError`
 * for a column that is not there, and `SyntaxError` with the line for a value that does not fit.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { csvDataset } from "@graft/graft";
 *
 * const file = await Deno.makeTempFile({ suffix: ".csv" });
 * await Deno.writeTextFile(file, "width,height,kind\n1,2,ant\n3.5,4,bee\n");
 * const dataset = await csvDataset(file, { numbers: ["width", "height"], label: "kind" });
 * assertEquals(dataset.classes, ["ant", "bee"]);
 * assertEquals((await dataset.get(1))?.inputs?.x?.data, Float32Array.of(3.5, 4));
 * await Deno.remove(file);
 * ```
 */
export async function csvDataset(
  file: string | URL,
  options: CsvDatasetOptions,
): Promise<Dataset> {
  const checked = checkOptions("csvDataset", schema, options);
  checkChoice(checked);
  const path = file instanceof URL ? fromFileUrl(file) : file;
  const table = await readTable(path, { delimiter: checked.delimiter });
  const groups = groupsOf(checked);
  const { label, labels, weight, targets } = checked;
  const wanted = [
    checked.path,
    label,
    labels,
    weight,
    ...targets ?? [],
    ...groups.flatMap(([, c]) => c),
  ];
  checkColumns("csvDataset()", table, wanted.filter((name) => name !== undefined));
  return checked.path === undefined
    ? ofNumbers(table, checked, groups)
    : ofPictures(table, checked, path);
}

function checkChoice({ path, numbers, label, labels, targets }: Checked): void {
  if ((path === undefined) === (numbers === undefined)) {
    throw new TypeError(
      'csvDataset(): give either "path", the column of pictures, or "numbers", the columns of an ' +
        `input; found ${path === undefined ? "neither" : "both"}`,
    );
  }
  const given = [label, labels, targets].filter((option) => option !== undefined).length;
  if (given <= 1) return;
  throw new TypeError('csvDataset(): give one of "label", "labels" and "targets", found ' + given);
}

function groupsOf({ numbers }: Checked): [string, readonly string[]][] {
  if (numbers === undefined) return [];
  return Array.isArray(numbers) ? [["x", numbers]] : Object.entries(numbers);
}

function ofPictures(table: Table, options: Checked, file: string): Dataset {
  const { path, weight, targets, root = dirname(file), onUnreadable } = options;
  const folder = root instanceof URL ? fromFileUrl(root) : root;
  const { classes, targetOf } = labelReader(table, options);
  const items = table.rows.map((row): PictureEntry => {
    const place = row.values[path!]!;
    if (place === "") throw valueError(table, row, path!, "a path");
    const target = targets
      ? tensor("float32", [targets.length], targets.map((name) => numberOf(table, row, name)))
      : targetOf(row);
    return {
      image: /^(https?|file):/.test(place) ? new URL(place) : join(folder, place),
      name: place,
      ...(target !== undefined && { target }),
      ...(weight !== undefined && { weight: numberOf(table, row, weight) }),
    };
  });
  return pictures(items, { ...(classes && { classes }), onUnreadable });
}

function ofNumbers(
  table: Table,
  options: Checked,
  groups: readonly [string, readonly string[]][],
): Dataset {
  const { targets, weight } = options;
  const numbers = (names: readonly string[]): Tensor<"float32"> =>
    tensor(
      "float32",
      [table.rows.length, names.length],
      Float32Array.from(
        table.rows.flatMap((row) => names.map((name) => numberOf(table, row, name))),
      ),
    );
  const { classes, targetOf } = labelReader(table, options);
  const labels = targets ? numbers(targets) : stacked(table.rows.map(targetOf));
  return arrays({
    inputs: Object.fromEntries(groups.map(([name, names]) => [name, numbers(names)])),
    ...(labels && { targets: labels }),
    ...(classes && { classes }),
    ...(weight !== undefined && {
      weights: tensor("float32", [table.rows.length], numbers([weight]).data),
    }),
  });
}

/** Targets of all rows as one tensor: `[N]` indices or `[N, C]` shares. */
function stacked(targets: readonly (number | Tensor | undefined)[]): Tensor | undefined {
  const [first] = targets;
  if (first === undefined) return undefined;
  if (typeof first === "number") {
    return tensor("int64", [targets.length], BigInt64Array.from(targets as number[], BigInt));
  }
  const data = (targets as Tensor[]).flatMap((one) => Array.from(one.data as Float32Array));
  return tensor("float32", [targets.length, ...first.dims], data);
}

function numberOf(table: Table, row: TableRow, name: string): number {
  const text = row.values[name]!.trim();
  const number = text === "" ? NaN : Number(text);
  if (Number.isFinite(number)) return number;
  throw valueError(table, row, name, "a number");
}

function valueError(table: Table, { line, values }: TableRow, name: string, wanted: string) {
  return new SyntaxError(
    `csvDataset(): "${table.name}", line ${line}: column "${name}" must be ${wanted}, found ` +
      JSON.stringify(values[name]),
  );
}
