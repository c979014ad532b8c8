import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".onnx": "application/octet-stream",
};

/** Answers from a folder, and from other folders by the first part of the path. */
export function filesFrom(
  folder: string,
  others: Readonly<Record<string, string>> = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    const path = normalize(decodeURIComponent(new URL(request.url).pathname));
    const [, first = "", ...rest] = path.split("/");
    const file = Object.hasOwn(others, first)
      ? join(others[first]!, ...rest)
      : join(folder, path === "/" ? "index.html" : path);
    try {
      const body = await Deno.readFile(file);
      const type = TYPES[extname(file)] ?? "application/octet-stream";
      return new Response(body, { headers: { "content-type": type } });
    } catch {
      return new Response("Not found", { status: 404 });
    }
  };
}
