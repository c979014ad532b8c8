import { checkWritable } from "../onnx/save_model.ts";
import { UsageError } from "./usage_error.ts";
import type { Values } from "./values.ts";

/**
 * Where the chart asked for by an option goes, if it is. Throws `UsageError` for a kind of file that
 * charts are not saved as, and an error where the file cannot be written, before any work is done.
 */
export async function chartFile(values: Values, option: string): Promise<string | undefined> {
  const file = values.text(option);
  if (file === undefined) return undefined;
  if (!/\.(svg|png)$/i.test(file)) {
    throw new UsageError(`--${option} must end in .svg or .png, found "${file}"`);
  }
  await checkWritable(file);
  return file;
}
