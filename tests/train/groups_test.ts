import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { arrays } from "../../src/data/arrays.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { fit, type FitOptions } from "../../src/train/fit.ts";
import { adafactor } from "../../src/train/optimizers/adafactor.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { adamW } from "../../src/train/optimizers/adamw.ts";
import { lamb } from "../../src/train/optimizers/lamb.ts";
import { lookahead } from "../../src/train/optimizers/lookahead.ts";
import { sam } from "../../src/train/optimizers/sam.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import golden from "./golden/optimizers.json" with { type: "json" };
import { normalised, tanhNetwork } from "./small_models.ts";

const data = arrays({
  inputs: { x: tensor("float32", [5, 3], hashed("x", 15)) },
  targets: tensor("float32", [5, 2], hashed("y", 10)),
});
const momentum = sgd({ learningRate: 0.1, momentum: 0.9 });
const first = /^fc1\./;

function train(options: FitOptions) {
  return fit(tanhNetwork(), data, {
    ...{ epochs: 10, batchSize: 5, loss: "mse", shuffle: false, verbose: false },
    optimizer: momentum,
    ...options,
  });
}

/** The runs of `golden/make_optimizers.py`, which says how the expected numbers were made. */
const RUNS: Readonly<Record<keyof typeof golden.fits, FitOptions>> = {
  "two groups": { groups: [{ parameters: first, learningRate: 0.03, weightDecay: 0.1 }] },
  "no decay of biases": {
    optimizer: adamW({ learningRate: 0.01, weightDecay: 0.3 }),
    decayBiases: false,
  },
  "two optimizers": { groups: [{ parameters: first, optimizer: adam({ learningRate: 0.02 }) }] },
  "layer decay 0.5": { layerDecay: 0.5 },
  "rates spread over depth": { learningRate: { from: 1e-3, to: 0.1 } },
  "clip norm 0.3": { clip: { norm: 0.3 } },
  "clip value 0.05": { clip: { value: 0.05 } },
  "clip adaptive 0.1": { clip: { adaptive: 0.1, head: true } },
  "clip adaptive 0.1 without the head": { clip: { adaptive: 0.1 } },
  "clip norm 0.3 with adafactor": {
    optimizer: adafactor({ learningRate: 0.1 }),
    clip: { norm: 0.3 },
  },
  "clip norm 0.3 with lamb": { optimizer: lamb({ learningRate: 0.1 }), clip: { norm: 0.3 } },
  "sam": { optimizer: sam(momentum) },
  "sam, adaptive": { optimizer: sam(momentum, { rho: 0.5, adaptive: true }) },
  "lookahead of sam of adamW": {
    optimizer: lookahead(sam(adamW({ learningRate: 0.02 }), { rho: 0.1 }), { steps: 3 }),
  },
  "sam with clip norm 0.3": { optimizer: sam(momentum), clip: { norm: 0.3 } },
};

for (const [label, options] of Object.entries(RUNS)) {
  Deno.test(`fit() with ${label} takes PyTorch's steps`, async () => {
    const { after, losses } = golden.fits[label as keyof typeof golden.fits];
    const { model, history } = await train(options);
    history.epochs.forEach(({ loss }, n) =>
      assertAlmostEquals(loss, losses[n]!, 1e-5, `loss of step ${n}`)
    );
    for (const [name, wanted] of Object.entries(after)) {
      const { data } = model.parameters.get(name)!.value;
      wanted.forEach((number, i) =>
        assertAlmostEquals(Number(data[i]), number, 1e-5, `${name} at ${i}`)
      );
    }
  });
}
