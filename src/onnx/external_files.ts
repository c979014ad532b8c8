import { isAbsolute, join, relative } from "@std/path";
import { type GraphProto, TensorProto_DataLocation } from "./wire/onnx_pb.ts";

/**
 * Reads the files beside a model that hold its weights. Throws `RangeError` for a location outside
 * `directory`, `SyntaxError` where a weight does not say its file, and an error that names the file
 * where one is missing.
 */
export async function readExternalFiles(
  graph: GraphProto,
  directory: string | undefined,
  model: string,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const tensor of graph.initializer) {
    if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL) continue;
    const location = tensor.externalData.find((entry) => entry.key === "location")?.value ?? "";
    if (files.has(location)) continue;
    if (location === "") {
      throw new SyntaxError(
        `${model} is damaged: weight "${tensor.name}" lies in another file, which is not named`,
      );
    }
    if (directory === undefined) {
      throw new RangeError(
        `Weight "${tensor.name}" of ${model} lies in the file "${location}"; ` +
          "load the model by its path, so that the file can be found",
      );
    }
    files.set(location, await readInside(directory, location, model));
  }
  return files;
}

async function readInside(directory: string, location: string, model: string) {
  const refuse = () => {
    throw new RangeError(
      `${model} wants its weights from "${location}", which lies outside the model's folder`,
    );
  };
  if (isAbsolute(location) || location.split(/[\\/]/).includes("..")) refuse();
  const path = join(directory, location);
  try {
    const inside = relative(await Deno.realPath(directory), await Deno.realPath(path));
    if (inside.startsWith("..") || isAbsolute(inside)) refuse();
    return await Deno.readFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotFound(
      `${model} has weights in "${location}", and there is no such file beside it`,
    );
  }
}
