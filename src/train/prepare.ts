import type { Model } from "../onnx/model.ts";
import { taskOf } from "../onnx/task.ts";
import type { Dataset, PrepareOptions } from "../tensor/dataset.ts";

/** A data set made ready for a model: pictures in its size. Throws `RangeError` where it is empty. */
export function prepared(
  dataset: Dataset,
  model: Model,
  what: string,
  changes: Omit<PrepareOptions, "preprocessing"> = {},
): Dataset {
  if (!(dataset.length > 0)) throw new RangeError(`${what} has no examples`);
  if (dataset.length === Infinity && changes.augment === undefined) {
    throw new RangeError(
      `${what} is a stream of unknown length, which has no end to measure: give stream(source, ` +
        "{ length })",
    );
  }
  if (!dataset.prepare || !model.preprocessing) {
    if (changes.augment !== undefined && changes.augment !== "none") {
      throw new TypeError(
        `${what} holds no pictures, or the model does not take any: "augment" has nothing to change`,
      );
    }
    return dataset;
  }
  return dataset.prepare({ preprocessing: model.preprocessing, ...changes });
}

/** The classes of a data set must be those of the model, in the same order. */
export function checkClasses(dataset: Dataset, model: Model, what: string): void {
  const { classes } = dataset;
  // Embeddings tell classes apart by where they lie.
  if (taskOf(model) === "embedding") return;
  const last = model.outputs[0]?.shape.at(-1);
  if (classes && typeof last === "number" && model.outputs[0]!.shape.length === 2) {
    if (classes.length > last) {
      throw new RangeError(
        `${what} has ${classes.length} classes (${shown(classes)}), the model ${last} outputs. ` +
          "Give it a head of that size: replaceHead(model, { classes: train.classes })",
      );
    }
  }
  if (!classes || !model.classes) return;
  if (classes.some((label, index) => label !== model.classes![index])) {
    throw new RangeError(
      `${what} has the classes ${shown(classes)}, the model ${shown(model.classes)}; ` +
        "read the folder with { classes: model.classes }, or replace the head",
    );
  }
}

function shown(labels: readonly string[]): string {
  const some = labels.slice(0, 6).map((label) => `"${label}"`).join(", ");
  return labels.length > 6 ? `${some}, …` : some;
}
