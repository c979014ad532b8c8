import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { digitCnn } from "../../models/digit_cnn.ts";
import { IMAGES } from "../../src/artifacts/image_input.ts";
import { pictures } from "../../src/data/pictures.ts";
import { colorJitter } from "../../src/data/transforms/color_jitter.ts";
import { horizontalFlip } from "../../src/data/transforms/horizontal_flip.ts";
import { randomCrop } from "../../src/data/transforms/random_crop.ts";
import { freeze } from "../../src/onnx/select.ts";
import type { Model } from "../../src/onnx/model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { rng } from "../../src/tensor/rng.ts";
import { fit, type FitOptions } from "../../src/train/fit.ts";
import { firstBatch } from "../../src/train/sample_batch.ts";
import { mixUp } from "../../src/train/mix/mix_up.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { prepared } from "../../src/train/prepare.ts";
import { settingsFor } from "../../src/train/settings_for.ts";
import { Trainer } from "../../src/train/trainer.ts";

const COUNT = 10;
const SIZE = 28;
const augment = [randomCrop({ paddingPx: 2 }), horizontalFlip(), colorJitter({ brightness: 0.3 })];

const data = pictures(
  Array.from({ length: COUNT }, (_, index) => {
    const random = rng("picture", index);
    const pixels = Uint8Array.from({ length: SIZE * SIZE * 3 }, () => random.integer(256));
    return { image: { widthPx: SIZE, heightPx: SIZE, data: pixels }, target: index % 3 };
  }),
);

/** The losses of three epochs, the last batch of each a short one. */
async function losses(model: Model, options: FitOptions): Promise<number[]> {
  const { history } = await fit(model, data, {
    epochs: 3,
    batchSize: 4,
    optimizer: sgd({ learningRate: 0.01 }),
    augment,
    validation: data,
    verbose: false,
    ...options,
  });
  return history.epochs.flatMap(({ loss, validation }) => [loss, validation!.loss]);
}

const whole = digitCnn({ seed: 1 });
const cases: Readonly<Record<string, readonly [Model, FitOptions]>> = {
  "the whole network": [whole, {}],
  "a head on what is frozen": [freeze(whole, "backbone"), {}],
  "a head on kept features of changed copies": [freeze(whole, "backbone"), { cacheCopies: 2 }],
};

for (const [what, [model, options]] of Object.entries(cases)) {
  Deno.test(`training ${what} with changes in the graph goes as with changed pictures`, async () => {
    const known = await losses(model, options);
    const found = await losses(model, { ...options, augmentOn: "device" });
    known.forEach((loss, at) => assertAlmostEquals(found[at]!, loss, 1e-4));
    const plain = await losses(model, { ...options, augment: "none" });
    assert(Math.abs(plain[0]! - known[0]!) > 1e-3);
  });
}

Deno.test("a trained network takes pictures as bytes and changes them in its own graph", async () => {
  const options: FitOptions = { augment, augmentOn: "device", verbose: false };
  const trainer = new Trainer(cpu, whole, await settingsFor(whole, data, options));
  const train = prepared(data, whole, "The data", { augment, inGraph: true });
  const program = await trainer.program(await firstBatch(train, 4, 10));
  assertEquals(program.hasFrozenPart, false);
  assertEquals([...program.featureNames].sort(), [
    "graft_change/0/shift",
    "graft_change/1/mirrorAcross",
    "graft_change/2/levels",
    IMAGES,
  ]);
  await trainer.release();
});

Deno.test("pictures that are mixed before they reach the device cannot be changed there", async () => {
  const options: FitOptions = { mix: mixUp(), augment, augmentOn: "device", verbose: false };
  await assertRejects(() => fit(whole, data, options), RangeError, "augmentOn");
});
