import { withStayNear } from "../artifacts/losses/stay_near.ts";
import type { Model } from "../onnx/model.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { completeLoss, defaultLoss } from "./default_loss.ts";
import { type FitOptions, type FitSettings, fitSettings } from "./fit_options.ts";
import { isJoint } from "./pairs.ts";

/**
 * The settings of a training run, with what depends on its model and data filled in: the loss of the
 * model's task where none is given, weights that are counted, both losses of joint data, the penalty.
 */
export async function settingsFor(
  model: Model,
  dataset: Dataset,
  options: FitOptions,
  what = "fit()",
): Promise<FitSettings> {
  const checked = fitSettings(options);
  const wanted = options.loss ?? defaultLoss(model, what);
  const own = await completeLoss(wanted, isJoint(dataset) ? dataset.main : dataset, model);
  const loss = isJoint(dataset) ? await dataset.jointLoss(own) : own;
  const inPairs = isJoint(dataset) && checked.shuffle && checked.sampler === undefined;
  return {
    ...checked,
    ...(inPairs && { sampler: dataset.sampler }),
    loss: withStayNear(loss, checked.stayNear),
  };
}
