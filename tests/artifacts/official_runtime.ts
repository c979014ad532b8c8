import { shared, sharedTest } from "../shared.ts";

/**
 * The folder with ONNX Runtime's own training (the WebAssembly build of onnxruntime-web 1.19.2), its
 * npm packages installed: the one that the environment variable ORT_TRAINING_WASM names, or
 * `reference/ort-training-wasm` in `../shared`; `undefined` where neither is there.
 */
export function officialRuntime(): string | undefined {
  const known = shared("reference/ort-training-wasm")?.pathname;
  return [Deno.env.get("ORT_TRAINING_WASM"), known].find((folder) => {
    try {
      return folder && Deno.statSync(`${folder}/node_modules/onnxruntime-web`).isDirectory;
    } catch {
      return false;
    }
  });
}

/**
 * Registers a test against the official training runtime that is given the URLs of `paths` in
 * `../shared`; it is skipped where either is missing.
 */
export function judgedTest(
  name: string,
  paths: readonly string[],
  test: (...urls: URL[]) => Promise<void>,
): void {
  if (officialRuntime()) return sharedTest(name, paths, test);
  const reason = " (skipped: the official training runtime is not installed)";
  Deno.test({ name: name + reason, ignore: true, fn: () => {} });
}

/** Runs a script of the folder, or one that imports from it, in a process of its own. */
export async function runOfficial(
  script: string,
  args: readonly string[],
): Promise<{ readonly success: boolean; readonly text: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", "--node-modules-dir=manual", script, ...args],
    cwd: officialRuntime()!,
  });
  const { success, stdout, stderr } = await command.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { success, text: decode(stdout) + decode(stderr) };
}
