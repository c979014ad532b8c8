import { z } from "zod";
import { dirname } from "@std/path";
import { replaceFile } from "../../onnx/replace_file.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { Callback } from "./callback.ts";
import { RunCount } from "./run_count.ts";

/** Options of `jsonLinesLogger`. */
export interface JsonLinesLoggerOptions {
  /** Whether each step is written too. @default {false} */
  readonly steps?: boolean;
}

/** One line of the file, as far as its place in the run goes. */
interface Line {
  readonly event: "epoch" | "step";
  readonly epoch: number;
  readonly step?: number;
}

const schema: z.ZodType<JsonLinesLoggerOptions> = z.strictObject({
  steps: z.boolean().optional(),
}) as z.ZodType<JsonLinesLoggerOptions>;

/**
 * Writes what each epoch came to as a line of JSON, `{"event":"epoch","epoch":1,"loss":…}`, and with
 * `steps` each step, `{"event":"step","step":1,"epoch":1,"loss":…,"learningRate":…}`. What is not a
 * number is `null`. A run that resumes from a checkpoint drops the lines after it and goes on; one
 * that starts anew replaces the file. Several runs with one logger, such as the phases of
 * `fineTune`, are numbered through.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { jsonLinesLogger } from "@graft/graft";
 *
 * const file = await Deno.makeTempFile();
 * const step = { step: 1, epoch: 1, loss: 0.5, learningRate: 0.1, count: 32 };
 * const event = { ...step, model: () => null!, weights: () => new Map(), stop() {} };
 * await jsonLinesLogger(file, { steps: true }).onStep!(event);
 * assertEquals(JSON.parse(await Deno.readTextFile(file)), { event: "step", ...step });
 * await Deno.remove(file);
 * ```
 */
export function jsonLinesLogger(file: string, options: JsonLinesLoggerOptions = {}): Callback {
  const { steps = false } = checkOptions("jsonLinesLogger", schema, options);
  const run = new RunCount();
  let begun = false;
  const add = async (line: () => Line) => {
    // Not before there is something to write: a phase that is over and done adds nothing.
    if (!begun) await cutAfter(file, run);
    begun = true;
    await Deno.writeTextFile(file, `${JSON.stringify(line())}\n`, { append: true });
  };
  return {
    onStart(event) {
      run.start(event);
      begun = false;
    },
    async onStep({ step, loss, learningRate, count }) {
      const about = { loss, learningRate, count };
      const line = () => ({ event: "step", step: run.step(step), epoch: run.epochs + 1, ...about });
      if (steps) await add(line as () => Line);
    },
    async onEpoch({ record }) {
      await add(() => ({ event: "epoch", ...record, epoch: run.epoch(record.epoch) }));
    },
  };
}

/** Keeps the lines that a checkpoint knows of; one that was cut off while written is none. */
async function cutAfter(file: string, { steps, epochs }: RunCount): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
  const lines = steps === 0 ? [] : (await textOf(file)).split("\n");
  const kept = lines.filter((text) => {
    const line = parsed(text);
    return line && (line.event === "step" ? line.step! <= steps : line.epoch <= epochs);
  });
  const text = kept.map((line) => `${line}\n`).join("");
  await replaceFile(file, [new TextEncoder().encode(text)]);
}

async function textOf(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function parsed(text: string): Line | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
