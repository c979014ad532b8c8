import { extname } from "@std/path";
import type { Callback } from "../../train/callbacks/callback.ts";
import { csvLogger } from "../../train/callbacks/csv_logger.ts";
import { jsonLinesLogger } from "../../train/callbacks/json_lines_logger.ts";
import { tensorBoard } from "../../train/callbacks/tensor_board.ts";
import type { Option } from "../option.ts";
import { UsageError } from "../usage_error.ts";
import type { Values } from "../values.ts";

/** What `fine-tune` can write about a run. */
export const LOGGER_OPTIONS: readonly Option[] = [
  {
    name: "log",
    kind: "text",
    value: "FILE",
    help: "write what each epoch came to: FILE.csv, or FILE.jsonl with each step",
  },
  { name: "tensorboard", kind: "text", value: "DIR", help: "write the run for TensorBoard" },
  {
    name: "report",
    kind: "text",
    value: "FILE",
    help: "write a page about the result on the pictures it is measured on: FILE.html",
  },
];

/** What `--log` and `--tensorboard` ask for. */
export function loggers(values: Values): Callback[] {
  const [log, folder] = [values.text("log"), values.text("tensorboard")];
  const found = [
    ...(log === undefined ? [] : [fileLogger(log)]),
    ...(folder === undefined ? [] : [tensorBoard(folder)]),
  ];
  // A dry run keeps nothing.
  return values.flag("dry-run") ? [] : found;
}

function fileLogger(file: string): Callback {
  const ending = extname(file).toLowerCase();
  if (ending === ".csv") return csvLogger(file);
  if (ending === ".jsonl") return jsonLinesLogger(file, { steps: true });
  throw new UsageError(`--log must end in .csv or .jsonl, found "${file}"`);
}
