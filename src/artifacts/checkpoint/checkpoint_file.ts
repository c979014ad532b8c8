import { fromFileUrl } from "@std/path";
import { writeBeside } from "../../onnx/replace_file.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { decodeCheckpoint, hasExternalData } from "./decode.ts";
import { encodeCheckpoint, type EncodeOptions } from "./encode.ts";

/**
 * Reads a checkpoint file of ONNX Runtime's on-device training, and the external data file beside
 * it where it has one. Throws `SyntaxError` that names the file where it is damaged, and
 * `Deno.errors.NotFound` where one of the two is missing.
 */
export async function readCheckpoint(path: string | URL): Promise<Checkpoint> {
  const file = asPath(path);
  const bytes = await Deno.readFile(file);
  return await naming(file, async () => {
    const external = hasExternalData(bytes) ? await readBeside(file) : undefined;
    return decodeCheckpoint(bytes, { external });
  });
}

/**
 * Writes a checkpoint file that ONNX Runtime's on-device training loads, and the external data file
 * (its name with `.data`) where one is called for. Both are written beside and then renamed, so
 * that no half-written one is left.
 */
export async function writeCheckpoint(
  path: string | URL,
  checkpoint: Checkpoint,
  options: EncodeOptions = {},
): Promise<void> {
  const file = asPath(path);
  const { bytes, external } = encodeCheckpoint(checkpoint, options);
  const data = external && await writeBeside(externalPath(file), external);
  try {
    const main = await writeBeside(file, [bytes]);
    try {
      await data?.commit();
    } catch (error) {
      await main.discard();
      throw error;
    }
    await main.commit();
  } catch (error) {
    await data?.discard();
    throw error;
  }
}

async function readBeside(file: string): Promise<Uint8Array> {
  const path = externalPath(file);
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotFound(
      `${file} keeps parameters in the file ${path}, and there is no such file`,
    );
  }
}

async function naming<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`${file}: ${error.message}`, { cause: error });
  }
}

function externalPath(file: string): string {
  return `${file}.data`;
}

function asPath(path: string | URL): string {
  return path instanceof URL ? fromFileUrl(path) : path;
}
