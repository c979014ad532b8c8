import { join } from "@std/path";
import { z } from "zod";
import { decodeSafetensors, type TensorFile } from "./safetensors.ts";
import { FILES } from "./save_adapters.ts";

/** What PEFT says about its adapters. */
export interface PeftConfig {
  /** Rank, where `rank_pattern` does not say otherwise. */
  readonly r: number;
  /** Strength. */
  readonly lora_alpha: number;
  /** Dropout. */
  readonly lora_dropout?: number | undefined;
  /** Strength by module. */
  readonly alpha_pattern?: Readonly<Record<string, number>> | undefined;
  /** Whether strength is divided by the root of the rank. */
  readonly use_rslora?: boolean | undefined;
}

const config: z.ZodType<PeftConfig> = z.object({
  r: z.number(),
  lora_alpha: z.number(),
  lora_dropout: z.number().optional(),
  alpha_pattern: z.record(z.string(), z.number()).optional(),
  use_rslora: z.boolean().optional(),
});

/** A file of adapters, or a folder as PEFT writes it. Throws an error that names the path. */
export async function readAdapterFile(
  path: string,
): Promise<TensorFile & { readonly config: PeftConfig | undefined }> {
  const stat = await Deno.stat(path).catch(() => undefined);
  const file = stat?.isDirectory ? join(path, FILES.weights) : path;
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(file);
  } catch (error) {
    throw new Error(`Cannot read adapters from ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  try {
    const found = decodeSafetensors(bytes);
    return { ...found, config: stat?.isDirectory ? await readConfig(path) : undefined };
  } catch (error) {
    throw new SyntaxError(`${file} cannot be read as adapters: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function readConfig(folder: string): Promise<PeftConfig | undefined> {
  const text = await Deno.readTextFile(join(folder, FILES.config)).catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return config.parse(JSON.parse(text));
  } catch {
    throw new SyntaxError(`${FILES.config} does not say "r" and "lora_alpha"`);
  }
}
