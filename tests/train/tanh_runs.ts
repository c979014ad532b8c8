import { arrays } from "../../src/data/arrays.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { fit, type FitOptions } from "../../src/train/fit.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { tanhNetwork } from "./small_models.ts";

/** Five examples for `tanhNetwork`. */
export const fiveExamples = arrays({
  inputs: { x: tensor("float32", [5, 3], hashed("x", 15)) },
  targets: tensor("float32", [5, 2], hashed("y", 10)),
});

/** The optimizer of the runs here, where no other is given. */
export const momentum = sgd({ learningRate: 0.1, momentum: 0.9 });

/** The parameters of the first layer. */
export const first = /^fc1\./;

/** Ten steps of `tanhNetwork` on the five examples, unless told otherwise. */
export function train(options: FitOptions) {
  return fit(tanhNetwork(), fiveExamples, {
    ...{ epochs: 10, batchSize: 5, loss: "mse", shuffle: false, verbose: false },
    optimizer: momentum,
    ...options,
  });
}

/** The weights that a run ended with, by name. */
export function weightsOf({ model }: Pick<Awaited<ReturnType<typeof train>>, "model">) {
  return new Map([...model.parameters].map(([name, { value }]) => [name, value.data]));
}
