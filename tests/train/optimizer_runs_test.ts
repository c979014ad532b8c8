import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import type { FitOptions } from "../../src/train/fit.ts";
import { adafactor } from "../../src/train/optimizers/adafactor.ts";
import { adagrad } from "../../src/train/optimizers/adagrad.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { adamW } from "../../src/train/optimizers/adamw.ts";
import { lamb } from "../../src/train/optimizers/lamb.ts";
import { lion } from "../../src/train/optimizers/lion.ts";
import { lookahead } from "../../src/train/optimizers/lookahead.ts";
import { nadam } from "../../src/train/optimizers/nadam.ts";
import { radam } from "../../src/train/optimizers/radam.ts";
import { rmsprop } from "../../src/train/optimizers/rmsprop.ts";
import { sam } from "../../src/train/optimizers/sam.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import golden from "./golden/optimizers.json" with { type: "json" };
import { first, momentum, train, weightsOf } from "./tanh_runs.ts";

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

const RESUMED: readonly FitOptions[] = [
  nadam(),
  radam(),
  rmsprop({ momentum: 0.9, centered: true }),
  adagrad(),
  adam({ amsgrad: true }),
  adafactor(),
  lion(),
  lamb(),
  lookahead(adamW(), { steps: 4 }),
  lookahead(adafactor(), { steps: 4 }),
  sam(momentum),
].map((optimizer): FitOptions => ({ optimizer })).concat([
  { layerDecay: 0.5, clip: { norm: 0.1 }, decayBiases: false, optimizer: adamW() },
  { groups: [{ parameters: first, optimizer: adafactor() }], clip: { adaptive: 0.05 } },
  { groups: [{ parameters: first, optimizer: sgd() }], optimizer: adamW() },
]);

for (const options of RESUMED) {
  const { optimizer = momentum, ...others } = options;
  const what = [optimizer.name, ...Object.keys(others)].join(", ");
  Deno.test(`a run with ${what} resumes bit for bit`, async () => {
    const checkpoint = await Deno.makeTempDir();
    const fixed = { optimizer, batchSize: 2, ...others };
    try {
      const whole = await train({ ...fixed, epochs: 4 });
      await train({ ...fixed, epochs: 2, checkpoint });
      const resumed = await train({ ...fixed, epochs: 4, checkpoint });
      assertEquals(weightsOf(resumed), weightsOf(whole));
      assertEquals(
        resumed.history.epochs.map(({ loss }) => loss),
        whole.history.epochs.map(({ loss }) => loss),
      );
      const other = train({ ...fixed, layerDecay: 0.9, epochs: 4, checkpoint });
      await assertRejects(() => other, RangeError, "another run");
    } finally {
      await Deno.remove(checkpoint, { recursive: true });
    }
  });
}

for (
  const optimizer of [
    nadam({ learningRate: 0.03 }),
    radam({ learningRate: 0.03 }),
    rmsprop({ learningRate: 0.01 }),
    adagrad({ learningRate: 0.2 }),
    adam({ learningRate: 0.03, amsgrad: true }),
    adafactor({ learningRate: 0.1 }),
    lion({ learningRate: 0.01 }),
    lamb({ learningRate: 0.03 }),
    lookahead(adamW({ learningRate: 0.05 })),
    sam(sgd({ learningRate: 0.3, momentum: 0.9 }), { rho: 0.01 }),
  ]
) {
  Deno.test(`${optimizer.name} learns five examples`, async () => {
    const { history } = await train({ optimizer, epochs: 120 });
    const [before, after] = [history.epochs[0]!.loss, history.epochs.at(-1)!.loss];
    assert(after < 0.1 * before, `from ${before} to ${after}`);
  });
}
