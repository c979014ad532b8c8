import { withStayNear } from "../artifacts/losses/stay_near.ts";
import type { Model } from "../onnx/model.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { completeLoss, defaultLoss } from "./default_loss.ts";
import { type FitOptions, type FitSettings, fitSettings } from "./fit_options.ts";
import { isJoint } from "./joint.ts";

/**
 * The options of `fit`, checked, with defaults, and with the loss that they, the model and the data make:
 * that of the model's task where none is given, weights counted, both losses of joint data, the penalty.
 */
export async function settingsFor(
  model: Model,
  dataset: Dataset,
  options: FitOptions,
): Promise<FitSettings> {
  const checked = fitSettings(options);
  const wanted = options.loss ?? defaultLoss(model, "fit()");
  const own = await completeLoss(wanted, isJoint(dataset) ? dataset.ofTarget : dataset, model);
  const loss = isJoint(dataset) ? await dataset.jointLoss(own) : own;
  const inPairs = isJoint(dataset) && checked.shuffle && checked.sampler === undefined;
  return {
    ...checked,
    ...(inPairs && { sampler: dataset.sampler }),
    loss: withStayNear(loss, checked.stayNear),
  };
}
