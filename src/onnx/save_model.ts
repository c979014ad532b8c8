import { dirname, fromFileUrl } from "@std/path";
import { int } from "./attribute.ts";
import { PROBABILITIES } from "./metadata.ts";
import type { Model } from "./model.ts";
import { replaceFile } from "./replace_file.ts";
import { type Task, taskOf } from "./task.ts";
import { encodeModel } from "./write_model.ts";

/** The most bytes a protobuf message may have. */
const LIMIT_BYTES = 2 ** 31 - 1;

/**
 * Writes the model as a plain ONNX file that any ONNX Runtime opens; `loadBackbone` reads it back
 * with classes and preprocessing. The first output is the model's own (logits); a model with classes
 * has a second one, `probabilities` `[N, classes]`. The file is written beside and renamed, so that
 * no half-written one is left.
 *
 * Requires `--allow-write`. Throws an error that names the path where it cannot be written.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { loadBackbone, replaceHead, saveModel } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const file = await Deno.makeTempFile({ suffix: ".onnx" });
 * await saveModel(replaceHead(backbone, { classes: ["odd", "even"] }), file);
 * assertEquals((await loadBackbone(file)).classes, ["odd", "even"]);
 * await Deno.remove(file);
 * ```
 */
export async function saveModel(model: Model, path: string | URL): Promise<void> {
  const pieces = encodeModel(withProbabilities(model));
  const size = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  if (size > LIMIT_BYTES) {
    throw new RangeError(
      `Cannot write ${path}: the model has ${size} bytes, an ONNX file at most 2 GiB`,
    );
  }
  await checkWritable(path);
  const file = asPath(path);
  await replaceFile(file, pieces);
}

/** Finds out whether a file can be written at `path`, and leaves nothing behind. */
export async function checkWritable(path: string | URL): Promise<void> {
  const file = asPath(path);
  const stat = await Deno.stat(file).catch(() => undefined);
  if (stat?.isDirectory) {
    throw new Error(`Cannot write ${file}: it is a folder; give a file's name`);
  }
  const probe = `${file}.${crypto.randomUUID().slice(0, 8)}.part`;
  try {
    await Deno.writeFile(probe, new Uint8Array(), { createNew: true });
    await Deno.remove(probe);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? `the folder ${dirname(file)} does not exist`
      : (error as Error).message;
    throw new Error(`Cannot write ${file}: ${why}`, { cause: error });
  }
}

/** A classifier with its probabilities as a second output. */
function withProbabilities(model: Model): Model {
  const logits = model.graph.outputs[0];
  const final = FINAL[taskOf(model)];
  const isClassifier = final && model.classes && logits?.shape?.length === 2 &&
    logits.shape[1] === model.classes.length && logits.producer?.opType !== final;
  if (!isClassifier || model.graph.values.has("probabilities")) return model;
  const graph = model.graph.clone();
  const output = graph.add(final, [graph.value(logits.name)], {
    name: "probabilities",
    outputs: ["probabilities"],
    attributes: final === "Softmax" ? { axis: int(1) } : {},
  }).outputs[0]!;
  output.type = logits.type;
  output.shape = logits.shape;
  graph.outputs.push(output);
  const metadata = new Map(model.metadata).set(PROBABILITIES, output.name);
  return { ...model, graph, metadata };
}

/** What makes logits probabilities, by task. */
const FINAL: Readonly<Partial<Record<Task, "Softmax" | "Sigmoid">>> = {
  classification: "Softmax",
  multiLabel: "Sigmoid",
};

function asPath(path: string | URL): string {
  return path instanceof URL ? fromFileUrl(path) : path;
}
