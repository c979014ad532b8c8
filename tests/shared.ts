/**
 * Real weights and pictures for tests. They lie beside the project in `../shared` on some machines
 * and are no part of it; a test that needs them is skipped where they are missing.
 * @module
 */
import { existsSync } from "node:fs";

/** The file or folder `path` of `../shared`, such as `data/models/x.onnx`, where it exists. */
export function shared(path: string): URL | undefined {
  const url = new URL(`../../shared/${path}`, import.meta.url);
  return existsSync(url) ? url : undefined;
}

/**
 * Registers a test that is given the URLs of `paths` in `../shared`; where one is missing the test
 * is skipped and its name says which.
 */
export function sharedTest(
  name: string,
  paths: readonly string[],
  test: (...urls: URL[]) => void | Promise<void>,
): void {
  const urls = paths.map(shared);
  const missing = paths.filter((_, index) => urls[index] === undefined);
  const reason = missing.length
    ? ` (skipped: ../shared/${missing.join(", ../shared/")} not found)`
    : "";
  Deno.test({
    name: name + reason,
    ignore: missing.length > 0,
    fn: () => test(...urls.filter((url) => url !== undefined)),
  });
}
