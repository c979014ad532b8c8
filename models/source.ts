import { fromFileUrl } from "@std/path";
import { sha256 } from "../src/tensor/sha256.ts";

/** The web address that `source` names; none for files. */
export function addressOf(source: string | URL): URL | undefined {
  const text = String(source);
  const hub = /^hf:([^/]+\/[^/@]+)(?:@([^/]+))?\/(.+)$/.exec(text);
  if (hub) {
    const [, repository, revision = "main", file] = hub;
    return new URL(`https://huggingface.co/${repository}/resolve/${revision}/${file}`);
  }
  if (text.startsWith("hf:")) {
    throw new RangeError(
      `loadBackbone(): "${text}" must be "hf:owner/repo/file.onnx", or "hf:owner/repo@revision/file.onnx"`,
    );
  }
  return /^https?:/i.test(text) ? new URL(text) : undefined;
}

/** The path that `source` names. Throws `RangeError` for a URL that is no file. */
export function localPath(source: string | URL): string {
  const text = String(source);
  if (/^file:/i.test(text)) return fromFileUrl(text);
  const scheme = source instanceof URL
    ? source.protocol
    : /^([a-z][a-z0-9+.-]+:)\/\//i.exec(text)?.[1];
  if (scheme === undefined) return text;
  throw new RangeError(
    `loadBackbone(): cannot read "${text}": "${scheme}" must be "http:", "https:", "file:" or "hf:"`,
  );
}

/** The file's own name with a part of its address's sum, so that equal names from two places stay apart. */
export async function cacheName(address: URL): Promise<string> {
  const sum = (await sha256(address.href)).slice(0, 12);
  return `${fileName(address).replace(/\.onnx$/i, "")}-${sum}.onnx`;
}

/** The last part of an address. */
export function fileName(address: URL): string {
  const last = address.pathname.split("/").filter((part) => part !== "").at(-1);
  return last?.replaceAll(/[^\w.-]/g, "_") ?? "model.onnx";
}

/** Whether `source` can only be meant as a file. */
export function looksLikePath(source: string | URL): boolean {
  return source instanceof URL || /[\\/]|\.\w+$|^file:/i.test(source);
}
