import type { Model, Parameter } from "../model.ts";
import { freeze, select, unfreeze } from "../select.ts";

/** Input position of the bias, by operator. */
const BIAS: Readonly<Record<string, number>> = {
  BatchNormalization: 2,
  Conv: 2,
  ConvTranspose: 2,
  Gemm: 2,
  GroupNormalization: 2,
  InstanceNormalization: 2,
  LayerNormalization: 2,
};

/** Operators that add a bias to what a product gives. */
const SUMS = new Set(["Add", "BiasGelu", "FastGelu"]);

/**
 * The model with nothing trainable but its biases and its head (Ben Zaken et al., "BitFit", arXiv
 * 2106.10199). Biases are the additive weights of convolutions, products and normalisations, whatever
 * they are called. Throws `RangeError` where there is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bitFit, loadBackbone } from "@graft/graft";
 *
 * const model = bitFit(await loadBackbone("digit_cnn", { weights: "random" }));
 * const trained = [...model.parameters.values()].filter((one) => one.trainable);
 * assertEquals(trained.map((one) => one.name), [
 *   ...["conv1.bias", "conv2.bias", "fc1.bias", "fc2.weight", "fc2.bias"],
 * ]);
 * ```
 */
export function bitFit(model: Model): Model {
  const biases = select(model, (parameter) => isBias(model, parameter));
  if (biases.size === 0) {
    throw new RangeError(
      `bitFit(): "${model.name}" has no biases; its normalisations may have been folded away`,
    );
  }
  return unfreeze(freeze(model, "all"), (one) => one.head || biases.has(one.name));
}

function isBias(model: Model, { name, shape }: Parameter): boolean {
  const value = model.graph.values.get(name);
  return [...value?.consumers ?? []].some((node) => {
    const position = node.inputs.indexOf(value);
    if (SUMS.has(node.opType)) return shape.filter((size) => size > 1).length <= 1;
    return BIAS[node.opType] === position;
  });
}
