import { fromFileUrl } from "@std/path";
import type { Example, PrepareOptions } from "../tensor/dataset.ts";
import { rng } from "../tensor/rng.ts";
import { sha256 } from "../tensor/sha256.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { isImage, type PictureSource } from "./picture.ts";
import { transformsOf } from "./transforms/recipes.ts";

/** Files that are read at once. */
const AT_ONCE = 8;

/**
 * A text that is another one when any picture or label is another; `undefined` where pictures come
 * from the network.
 */
export async function fingerprintOfPictures(
  length: number,
  source: (index: number) => PictureSource,
  label: (index: number) => Pick<Example, "target" | "weight">,
): Promise<string | undefined> {
  const parts: string[] = [];
  for (let start = 0; start < length; start += AT_ONCE) {
    const indices = Array.from({ length: Math.min(AT_ONCE, length - start) }, (_, i) => start + i);
    const some = await Promise.all(indices.map(async (index) => {
      const content = await contentOf(source(index));
      if (content === undefined) return undefined;
      const { target, weight } = label(index);
      const wanted = typeof target === "object" ? await fingerprintOfTensor(target) : target;
      return `${content} ${wanted} ${weight}`;
    }));
    for (const part of some) {
      if (part === undefined) return undefined;
      parts.push(part);
    }
  }
  return await sha256(parts.join("\n"));
}

/** A text that is another one when an element, the type or the shape of a tensor is another. */
export async function fingerprintOfTensor({ type, dims, data }: Tensor): Promise<string> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return `${type}[${dims}] ${await sha256(bytes)}`;
}

/** How pictures are prepared, as text. Random changes of one's own are told apart by what they draw. */
export function preparationText(
  { preprocessing, augment = "none", seed = 0, inGraph = false }: PrepareOptions,
): string {
  const drawn = typeof augment === "string" ? augment : transformsOf(augment).map((transform) => [
    transform.name,
    transform.settings,
    Array.from({ length: 4 }, (_, i) => transform.sample(rng("fingerprint", i), 640, 480)),
  ]);
  return JSON.stringify([preprocessing, drawn, seed, ...(inGraph ? ["in the graph"] : [])]);
}

async function contentOf(source: PictureSource): Promise<string | undefined> {
  if (source instanceof Uint8Array) return await sha256(source);
  if (typeof source === "object" && isImage(source as PictureSource)) {
    const { widthPx, heightPx, data } = source as Exclude<typeof source, URL>;
    return `${widthPx}×${heightPx} ${await sha256(data)}`;
  }
  if (source instanceof URL && source.protocol !== "file:") return undefined;
  const path = source instanceof URL ? fromFileUrl(source) : source as string;
  try {
    return await sha256(await Deno.readFile(path));
  } catch (error) {
    // What cannot be read is said where it is decoded.
    return `unreadable: ${(error as Error).name}`;
  }
}
