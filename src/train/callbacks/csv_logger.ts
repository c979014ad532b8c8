import { dirname } from "@std/path";
import { replaceFile } from "../../onnx/replace_file.ts";
import type { EpochRecord, History } from "../history.ts";
import type { Callback } from "./callback.ts";
import { flatNumbers } from "./flat_numbers.ts";

/**
 * Writes what each epoch came to into a file of comma-separated values: a column a number, those of
 * the validation data as `validation.loss` and so on, empty where there is none. A run that resumes
 * from a checkpoint goes on where the checkpoint ended; one that starts anew replaces the file. The
 * epochs of several runs with one logger, such as the phases of `fineTune`, are numbered through.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { csvLogger } from "@graft/graft";
 *
 * const file = await Deno.makeTempFile();
 * const record = { epoch: 1, loss: 0.5, accuracy: 0.75, learningRate: 0.001, seconds: 2 };
 * const history = { epochs: [{ ...record, imagesPerSecond: 100 }] };
 * const run = { model: () => null!, weights: () => new Map(), stop() {} };
 * await csvLogger(file).onEpoch!({ ...run, history, record: history.epochs[0]! });
 * assertEquals(
 *   await Deno.readTextFile(file),
 *   "epoch,loss,accuracy,learningRate,seconds,imagesPerSecond\n1,0.5,0.75,0.001,2,100\n",
 * );
 * await Deno.remove(file);
 * ```
 */
export function csvLogger(file: string): Callback {
  let before: readonly EpochRecord[] = [];
  let now: readonly EpochRecord[] = [];
  const write = async ({ history }: { history: History }) => {
    now = history.epochs.map((record) => ({ ...record, epoch: before.length + record.epoch }));
    await Deno.mkdir(dirname(file), { recursive: true });
    await replaceFile(file, [new TextEncoder().encode(csvOf([...before, ...now]))]);
  };
  return {
    async onStart(event) {
      before = [...before, ...now];
      await write(event);
    },
    onEpoch: write,
  };
}

/** One line an epoch; the columns are those of all epochs together. */
function csvOf(epochs: readonly EpochRecord[]): string {
  const rows = epochs.map((record) => flatNumbers(record));
  const columns = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const lines = rows.map((row) => columns.map((name) => textOf(row.get(name))).join(","));
  return rows.length === 0 ? "" : `${[columns.join(","), ...lines].join("\n")}\n`;
}

function textOf(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "" : String(value);
}
