import { join } from "@std/path";
import { z } from "zod";
import { replaceFile } from "../../../onnx/replace_file.ts";
import { checkOptions } from "../../../tensor/options.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import type { Features } from "../../extract_features.ts";

/** Options of `saveEmbeddings`. */
export interface SaveEmbeddingsOptions {
  /** Labels of the classes. @default their indices */
  readonly classes?: readonly string[];
  /** What to call each row, such as its file. @default its index in the data set */
  readonly names?: readonly string[];
}

const schema: z.ZodType<SaveEmbeddingsOptions> = z.strictObject({
  classes: z.array(z.string()).optional(),
  names: z.array(z.string()).optional(),
}) as z.ZodType<SaveEmbeddingsOptions>;

/**
 * Writes features for TensorBoard's projector, which shows them in two or three dimensions:
 * `projector_config.pbtxt`, and `tensors.tsv` and `metadata.tsv` in a folder named after the layer.
 * Throws `RangeError` where there are not as many names as rows.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { saveEmbeddings } from "@graft/graft";
 *
 * const folder = await Deno.makeTempDir();
 * const data = Float32Array.of(1, 2, 3, 4);
 * const targets = Int32Array.of(1, 0);
 * const features = { data, shape: [2, 2], targets, indices: [0, 1], layer: "pool" };
 * await saveEmbeddings(folder, features, { classes: ["ant", "bee"] });
 * assertEquals(await Deno.readTextFile(`${folder}/pool/tensors.tsv`), "1\t2\n3\t4\n");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function saveEmbeddings(
  folder: string,
  features: Features,
  options: SaveEmbeddingsOptions = {},
): Promise<void> {
  const { classes, names } = checkOptions("saveEmbeddings", schema, options);
  const { data, shape, targets, indices, layer } = features;
  const count = shape[0]!;
  if (names && names.length !== count) {
    throw new RangeError(
      `saveEmbeddings(): option "names" must have one for each of ${count} rows, found ${names.length}`,
    );
  }
  const width = sizeOf(shape.slice(1));
  const rows = indices.map((_, row) => [...data.subarray(row * width, (row + 1) * width)]);
  const about = indices.map((index, row) => [
    plain(classes?.[targets[row]!] ?? String(targets[row])),
    plain(names?.[row] ?? String(index)),
  ]);
  const inside = layer.replaceAll(/[^\w.-]+/g, "_").replace(/^\.+/, "_");
  await Deno.mkdir(join(folder, inside), { recursive: true });
  const write = (path: string, text: string) =>
    replaceFile(join(folder, path), [new TextEncoder().encode(text)]);
  await write(`${inside}/tensors.tsv`, lines(rows));
  await write(`${inside}/metadata.tsv`, lines([["class", "name"], ...about]));
  await write(
    "projector_config.pbtxt",
    `embeddings {\n  tensor_name: ${JSON.stringify(layer)}\n` +
      `  tensor_path: "${inside}/tensors.tsv"\n  metadata_path: "${inside}/metadata.tsv"\n}\n`,
  );
}

/** Text without what ends a cell or a line. */
function plain(text: string): string {
  return text.replaceAll(/[\t\r\n]+/g, " ");
}

function lines(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${row.join("\t")}\n`).join("");
}
