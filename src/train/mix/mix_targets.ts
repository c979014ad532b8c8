import { sizeOf } from "../../tensor/shape.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import type { HostBatch } from "../loader.ts";
import type { BatchMixing, MixBatch } from "./mix.ts";

/**
 * Targets and weights of mixed examples. With weights w, the loss of a mixture is to be
 * λ·wᵢ·L(tᵢ) + (1 − λ)·wⱼ·L(tⱼ); as cross-entropy is linear in its targets, that is a mixed weight
 * times the loss against targets mixed by weight.
 */
export function mixTargets(
  { targets, weights, count }: MixBatch,
  { share, partners }: BatchMixing,
): Pick<MixBatch, "targets" | "weights"> {
  const each = sizeOf(targets.dims.slice(1));
  const mixed = targets.data.slice();
  const weight = weights.data.slice();
  for (let row = 0; row < count; row++) {
    const other = partners[row]!;
    const own = share * weights.data[row]!, foreign = (1 - share) * weights.data[other]!;
    weight[row] = own + foreign;
    // Examples that do not count have no mixture; any will do.
    if (own + foreign === 0) continue;
    for (let i = 0; i < each; i++) {
      mixed[row * each + i] =
        (own * targets.data[row * each + i]! + foreign * targets.data[other * each + i]!) /
        (own + foreign);
    }
  }
  return {
    targets: tensor("float32", targets.dims, mixed),
    weights: tensor("float32", weights.dims, weight),
  };
}

/** A batch with class indices as distributions over `classes`. Throws `TypeError` where it cannot be. */
export function withDistributions(batch: HostBatch, classes: number | undefined): HostBatch {
  const { targets } = batch;
  if (targets === undefined || targets.type === "float32") return batch;
  if (targets.dims.length !== 1 || classes === undefined) {
    throw new TypeError(
      `fit(): "mix" needs targets that are class indices or numbers, for a model with an output for ` +
        `each class; found ${targets.type}[${targets.dims}]`,
    );
  }
  const data = new Float32Array(targets.data.length * classes);
  targets.data.forEach((label, row) => data[row * classes + Number(label)] = 1);
  return { ...batch, targets: tensor("float32", [targets.data.length, classes], data) };
}

/** The numbers of an input that can be mixed. Throws `TypeError` for others. */
export function mixable(what: string, name: string, input: Tensor): Float32Array | Uint8Array {
  if (input.type === "float32" || input.type === "uint8") {
    return input.data as Float32Array | Uint8Array;
  }
  throw new TypeError(
    `${what}(): the input "${name}" is ${input.type}[${input.dims}]; only pictures and float32 can ` +
      "be mixed",
  );
}
