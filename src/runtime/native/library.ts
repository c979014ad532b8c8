import { createRequire } from "node:module";
import { arch, platform } from "node:process";
import { dirname, join } from "@std/path";

/** The folder in which onnxruntime-node keeps the engine's libraries; `undefined` where it is not found. */
export function libraryFolder(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve("onnxruntime-node");
    const folder = join(dirname(entry), "..", "bin", "napi-v6", platform, arch);
    return Deno.statSync(folder).isDirectory ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** The engine's library itself. */
export function libraryFile(): string | undefined {
  const folder = libraryFolder();
  if (folder === undefined) return undefined;
  const names = [...Deno.readDirSync(folder)].map((entry) => entry.name);
  const file = names.find((name) =>
    /^(lib)?onnxruntime(\.so|\.dll|(\.[\d.]+)?\.dylib)/.test(name) && !name.includes("providers")
  );
  return file && join(folder, file);
}
