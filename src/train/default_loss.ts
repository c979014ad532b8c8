import type { Loss, LossName } from "../artifacts/loss.ts";
import { lossOf } from "../artifacts/losses/by_name.ts";
import type { Model } from "../onnx/model.ts";
import { taskOf } from "../onnx/task.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { exampleCounts } from "./balanced_weights.ts";
import { classesOf } from "./evaluate_output.ts";

/** The loss that a model's task asks for. Throws `TypeError` where there are several. */
export function defaultLoss(model: Model, what: string): LossName {
  switch (taskOf(model)) {
    case "classification":
      return "crossEntropy";
    case "multiLabel":
      return "binaryCrossEntropy";
    case "regression":
      return "mse";
    case "embedding":
      throw new TypeError(
        `${what}: the model "${model.name}" puts out embeddings, for which there are several ` +
          "losses; say which, as in { loss: triplet() }, and give class indices as targets",
      );
  }
}

/** A loss with what it needs to know of the data filled in. */
export async function completeLoss(loss: Loss, dataset: Dataset, model: Model): Promise<Loss> {
  const { withCounts } = lossOf(loss);
  if (!withCounts) return loss;
  return withCounts(await exampleCounts(dataset, 'classWeights: "balanced"', classesOf(model)));
}
