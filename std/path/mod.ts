/**
 * What this repository uses of `@std/path`, over `node:path` and `node:url`.
 * @module
 */
import {
  basename as nodeBasename,
  dirname as nodeDirname,
  extname as nodeExtname,
  isAbsolute as nodeIsAbsolute,
  join as nodeJoin,
  normalize as nodeNormalize,
  relative as nodeRelative,
  resolve as nodeResolve,
  sep,
} from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The character between the parts of a path on this system. */
export const SEPARATOR: "/" | "\\" = sep;

/** The last part of `path`, without `suffix` where it ends so. */
export function basename(path: string | URL, suffix?: string): string {
  return nodeBasename(asPath(path), suffix);
}

/** `path` without its last part. */
export function dirname(path: string | URL): string {
  return nodeDirname(asPath(path));
}

/** The ending of `path` with its dot, or `""`. */
export function extname(path: string | URL): string {
  return nodeExtname(asPath(path));
}

/** Whether `path` starts at a root. */
export function isAbsolute(path: string): boolean {
  return nodeIsAbsolute(path);
}

/** The parts joined by the separator and normalised. */
export function join(path: string | URL, ...paths: string[]): string {
  return nodeJoin(asPath(path), ...paths);
}

/** `path` with `.` and `..` resolved where they can be. */
export function normalize(path: string | URL): string {
  return nodeNormalize(asPath(path));
}

/** The way from `from` to `to`. */
export function relative(from: string, to: string): string {
  return nodeRelative(from, to);
}

/** The absolute path that the segments lead to, from the right. */
export function resolve(...segments: string[]): string {
  return nodeResolve(...segments);
}

/** The path of a `file:` URL. Throws `TypeError` for other URLs. */
export function fromFileUrl(url: string | URL): string {
  return fileURLToPath(url);
}

/** The `file:` URL of an absolute path. Throws `TypeError` where `path` is relative. */
export function toFileUrl(path: string): URL {
  if (!nodeIsAbsolute(path)) throw new TypeError(`Path must be absolute: received "${path}"`);
  return pathToFileURL(path);
}

function asPath(path: string | URL): string {
  return path instanceof URL ? fileURLToPath(path) : path;
}
