/**
 * Whole steps of training, whole epochs and passes of use, on arrays.
 *
 *     deno bench -A bench/step_bench.ts
 */
import { evaluate, fit, freeze, type Model } from "../mod.ts";
import { digitCnn } from "../models/digit_cnn.ts";
import { mobilenetV2 } from "../models/mobilenet_v2.ts";
import { resnet18 } from "../models/resnet.ts";
import { momentum, numbers } from "./steps.ts";
import { benchSteps } from "./timed.ts";

const networks: Readonly<Record<string, readonly [() => Model, number]>> = {
  "ResNet-18, 16 pictures": [resnet18, 16],
  "ResNet-18's last stage, 16 pictures": [
    () => freeze(resnet18(), { before: "layer4.0.conv1" }),
    16,
  ],
  "MobileNetV2, 16 pictures": [mobilenetV2, 16],
  "digitCnn, 64 digits": [digitCnn, 64],
};
for (const [name, [model, batchSize]] of Object.entries(networks)) {
  benchSteps(name, { model, dataset: (made) => numbers(made, batchSize) });
}

const EXAMPLES = 512;
const model = digitCnn();
const data = numbers(model, EXAMPLES);

async function epoch(one: Model): Promise<void> {
  await fit(one, data, { epochs: 1, batchSize: 64, optimizer: momentum(), verbose: false });
}

Deno.bench(`digitCnn, ${EXAMPLES} digits: an epoch, all weights`, async () => {
  await epoch(model);
});
Deno.bench(`digitCnn, ${EXAMPLES} digits: an epoch, the head`, async () => {
  await epoch(freeze(model, "backbone"));
});
Deno.bench(`digitCnn, ${EXAMPLES} digits: evaluation`, async () => {
  await evaluate(model, data, { verbose: false });
});
