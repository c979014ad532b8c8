/**
 * Time of an epoch of training and of a pass of use, on arrays.
 *
 *     deno task bench
 */
import { arrays, evaluate, fit, freeze, type Model, sgd } from "../mod.ts";
import { digitCnn } from "../models/digit_cnn.ts";

const EXAMPLES = 512;
const x = {
  type: "float32",
  dims: [EXAMPLES, 1, 28, 28],
  data: Float32Array.from({ length: EXAMPLES * 784 }, (_, index) => index % 97 / 97),
} as const;
const targets = {
  type: "int64",
  dims: [EXAMPLES],
  data: BigInt64Array.from({ length: EXAMPLES }, (_, index) => BigInt(index % 10)),
} as const;
const data = arrays({ inputs: { x }, targets });
const model = digitCnn({ classes: 10, seed: 0 });

async function epoch(one: Model): Promise<void> {
  await fit(one, data, {
    epochs: 1,
    batchSize: 64,
    optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
    verbose: false,
  });
}

Deno.bench(`digit_cnn, ${EXAMPLES} digits: an epoch, all weights`, async () => {
  await epoch(model);
});
Deno.bench(`digit_cnn, ${EXAMPLES} digits: an epoch, the head`, async () => {
  await epoch(freeze(model, "backbone"));
});
Deno.bench(`digit_cnn, ${EXAMPLES} digits: evaluation`, async () => {
  await evaluate(model, data, { verbose: false });
});
