import { fromFileUrl } from "@std/path";
import { findFile } from "./file_bytes.ts";

/**
 * The files of a part of CIFAR: those given, or those with the published names that lie in a folder or
 * in the one that unpacking makes inside it. Throws `TypeError` for no source at all and `Error` where
 * none of them is there; `what` asks.
 */
export async function cifarFiles(
  what: string,
  source: string | URL | readonly (string | URL)[],
  { names, folder }: { readonly names: readonly string[]; readonly folder: string },
): Promise<string[]> {
  const pathOf = (one: string | URL) => one instanceof URL ? fromFileUrl(one) : one;
  if (Array.isArray(source)) {
    if (source.length > 0) return source.map(pathOf);
    throw new TypeError(`${what}(): give a folder or one file or more, found an empty list`);
  }
  const root = pathOf(source as string | URL);
  const found = await Promise.all(
    names.map((name) => findFile([root, `${root}/${folder}`], [name])),
  );
  const files = found.filter((file) => file !== undefined);
  if (files.length > 0) return files;
  throw new Error(
    `${what}(): "${root}" holds none of ${
      names.join(", ")
    }, gzipped or not. Give the folder that ` +
      `the binary version unpacks to ("${folder}"), or a list of files`,
  );
}
