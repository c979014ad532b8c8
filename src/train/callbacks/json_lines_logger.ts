import { z } from "zod";
import { dirname } from "@std/path";
import { replaceFile } from "../../onnx/replace_file.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { Callback, StartEvent } from "./callback.ts";

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
 * that starts anew replaces the file.
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
  const add = async (line: Line) => {
    await Deno.writeTextFile(file, `${JSON.stringify(line)}\n`, { append: true });
  };
  return {
    async onStart(event) {
      await Deno.mkdir(dirname(file), { recursive: true });
      const kept = event.steps === 0 ? [] : await linesUpTo(file, event);
      const text = kept.map((line) => `${line}\n`).join("");
      await replaceFile(file, [new TextEncoder().encode(text)]);
    },
    async onStep({ step, epoch, loss, learningRate, count }) {
      const line = { event: "step", step, epoch, loss, learningRate, count } as const;
      if (steps) await add(line);
    },
    async onEpoch({ record }) {
      await add({ event: "epoch", ...record });
    },
  };
}

/** The lines of a file that a checkpoint knows of; one that was cut off while written is none. */
async function linesUpTo(file: string, { steps, history }: StartEvent): Promise<string[]> {
  const last = history.epochs.length;
  return (await textOf(file)).split("\n").filter((text) => {
    const line = parsed(text);
    return line && (line.event === "step" ? line.step! <= steps : line.epoch <= last);
  });
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
