import { extname, join } from "@std/path";
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

/** What `--log` and `--tensorboard` ask for; the phase of the head before the rest has its own files. */
export function loggers(values: Values, part: "head" | "all"): Callback[] {
  // A dry run keeps nothing.
  if (values.flag("dry-run")) return [];
  const [log, folder] = [values.text("log"), values.text("tensorboard")];
  return [
    ...(log === undefined ? [] : [fileLogger(log, part)]),
    ...(folder === undefined ? [] : [tensorBoard(part === "all" ? folder : join(folder, part))]),
  ];
}

function fileLogger(path: string, part: "head" | "all"): Callback {
  const ending = extname(path).toLowerCase();
  const stem = path.slice(0, path.length - ending.length);
  const file = part === "all" ? path : `${stem}.${part}${ending}`;
  if (ending === ".csv") return csvLogger(file);
  if (ending === ".jsonl") return jsonLinesLogger(file, { steps: true });
  throw new UsageError(`--log must end in .csv or .jsonl, found "${path}"`);
}
