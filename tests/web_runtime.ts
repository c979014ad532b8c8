import { fromFileUrl, join } from "@std/path";

/**
 * The first output of a model of one input, by onnxruntime-web's WebAssembly on one thread. It runs in a
 * process of its own, so that the project does not depend on the package.
 */
export async function wasmAnswers(
  model: Uint8Array,
  { name, data, dims }: {
    readonly name: string;
    readonly data: Float32Array;
    readonly dims: readonly number[];
  },
): Promise<Float32Array> {
  const folder = await Deno.makeTempDir();
  await Deno.writeFile(join(folder, "model.onnx"), model);
  await Deno.writeFile(
    join(folder, "input"),
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  const script = fromFileUrl(new URL("./web_runtime.js", import.meta.url));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", "--no-lock", "--quiet", script, folder, name, dims.join()],
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  const found = await Deno.readFile(join(folder, "output"));
  await Deno.remove(folder, { recursive: true });
  return new Float32Array(found.buffer);
}
