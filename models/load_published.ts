import { dirname, join } from "@std/path";
import type { Model } from "../src/onnx/model.ts";
import { readModel } from "../src/onnx/read_model.ts";
import { cacheFolder } from "./cache.ts";
import { download, type DownloadOptions } from "./download.ts";
import type { PublishedWeights } from "./registry.ts";

/** Where downloads go, and what is known of them. */
export interface FetchOptions {
  /** Folder that downloads are kept in. @default {`GRAFT_CACHE`, or `graft` in the user's cache folder} */
  readonly cache?: string | undefined;
  /** SHA-256 that the file must have, hexadecimal. */
  readonly sha256?: string | undefined;
  /** Whether to report downloads on stderr. @default {true} */
  readonly verbose?: boolean | undefined;
}

/**
 * The model of published weights, fetched where the cache has them not yet. A sum of one's own, for a
 * file that was replaced, counts instead of that of the entry and its size. Throws as `download` and
 * `readModel` do.
 */
export async function loadPublished(
  name: string,
  entry: PublishedWeights,
  options: FetchOptions = {},
): Promise<Model> {
  const { addresses, file, labels } = entry;
  const facts = options.sha256 === undefined ? { bytes: entry.bytes, sha256: entry.sha256 } : {};
  const path = await fetched(file, { name, addresses, ...facts }, options);
  const model = await readFile(path, name);
  return typeof labels === "string" || model.classes ? model : { ...model, classes: labels };
}

/** The path of a download in the cache, fetched where it is not there yet. */
export async function fetched(
  file: string,
  wanted: Omit<DownloadOptions, "verbose">,
  { cache, sha256, verbose = true }: FetchOptions,
): Promise<string> {
  const path = join(cache ?? cacheFolder(), file);
  await download(path, { ...wanted, ...(sha256 !== undefined && { sha256 }), verbose });
  return path;
}

/** Reads a file that must be there; weights beside it are found. */
export async function readFile(path: string, name: string): Promise<Model> {
  const bytes = await Deno.readFile(path);
  return await readModel(bytes, { name, file: `"${path}"`, directory: dirname(path) });
}
