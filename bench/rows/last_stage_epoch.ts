import { fit, freeze, unfreeze } from "../../mod.ts";
import { resnet18 } from "../../models/resnet.ts";
import { momentum, numbers, repeated } from "../steps.ts";
import type { Row } from "./row.ts";

const PICTURES = 500;
const BATCH_SIZE = 16;

/** Seconds of an epoch that trains ResNet-18's last stage, what is frozen having been computed before. */
export const lastStageEpoch: Row = {
  unit: "s",
  measure: async () => {
    const model = unfreeze(freeze(resnet18(), "all"), /^(layer4|fc)\./);
    const { history } = await fit(model, repeated(numbers(model, BATCH_SIZE), PICTURES), {
      epochs: 2,
      batchSize: BATCH_SIZE,
      optimizer: momentum(),
      device: "cpu",
      verbose: false,
    });
    return history.epochs[1]!.seconds;
  },
  lines: [{ label: "last-stage-epoch", bound: 0.5 }],
};
