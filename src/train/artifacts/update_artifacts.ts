import type { Model } from "../../onnx/model.ts";
import { sameShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Artifacts } from "./artifacts.ts";

/**
 * Artifacts with the weights of a model that `fit` made of them: a new checkpoint, without the state of
 * an optimizer, which would not go with it. Throws `RangeError` where the model lacks a parameter of
 * the artifacts, `TypeError` where one has another shape.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { buildArtifacts, loadBackbone, updateArtifacts } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random", seed: 1 });
 * const other = await loadBackbone("digit_cnn", { weights: "random", seed: 2 });
 * const { checkpoint } = updateArtifacts(await buildArtifacts(model), other);
 * assertEquals(checkpoint.trainable.get("fc2.bias"), other.parameters.get("fc2.bias")!.value);
 * ```
 */
export function updateArtifacts(artifacts: Artifacts, model: Model): Artifacts {
  const { training, evaluation, optimizer, checkpoint } = artifacts;
  const taken = (parameters: ReadonlyMap<string, Tensor>) =>
    new Map([...parameters].map(([name, before]) => [name, weightOf(model, name, before)]));
  return {
    ...model,
    training,
    evaluation,
    optimizer,
    checkpoint: {
      ...checkpoint,
      trainable: taken(checkpoint.trainable),
      frozen: taken(checkpoint.frozen),
      optimizerGroups: [],
    },
  };
}

function weightOf(model: Model, name: string, before: Tensor): Tensor {
  const value = model.graph.values.get(name)?.constant;
  if (!value) {
    throw new RangeError(
      `updateArtifacts(): the model "${model.name}" has no parameter "${name}", which the artifacts have`,
    );
  }
  if (value.type === before.type && sameShape(value.dims, before.dims)) return value;
  throw new TypeError(
    `updateArtifacts(): "${name}" is ${value.type}[${value.dims}] in the model and ` +
      `${before.type}[${before.dims}] in the artifacts`,
  );
}
