import type { Model } from "../../onnx/model.ts";
import { rng } from "../../tensor/rng.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { classesOf } from "../evaluate_output.ts";
import type { FitSettings } from "../fit_options.ts";
import type { HostBatch } from "../loader.ts";
import { withDistributions } from "./mix_targets.ts";

/** What mixing goes by: the settings of the training, and the model. */
export interface MixedBy {
  readonly settings: Pick<FitSettings, "mix" | "seed">;
  readonly model: Model;
}

/** A batch with targets of the kind that mixtures have, where batches are mixed. */
export function asMixed(batch: HostBatch, { settings, model }: MixedBy): HostBatch {
  return settings.mix ? withDistributions(batch, classesOf(model)) : batch;
}

/** A batch with its examples mixed, as drawn for its place in the epoch. */
export function mixBatch(
  batch: HostBatch,
  by: MixedBy,
  { epoch, next }: { readonly epoch: number; readonly next: number },
): HostBatch {
  const { settings: { mix, seed }, model } = by;
  const whole = asMixed(batch, by);
  const targets = whole.targets as Tensor<"float32"> | undefined;
  if (!mix || !targets) return whole;
  const layout = model.preprocessing?.layout ?? "nchw";
  const drawn = mix.sample(rng(seed, "mix", epoch, next), whole.count);
  const { inputs, weights, targets: wanted } = mix.apply({ ...whole, targets, layout }, drawn);
  return { ...whole, inputs, weights, targets: wanted };
}
