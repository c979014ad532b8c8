import { assert, assertEquals } from "@std/assert";
import { digitCnn } from "../../../models/digit_cnn.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import { buildArtifacts } from "../../../src/train/artifacts/build_artifacts.ts";
import type { BuildArtifactsOptions } from "../../../src/train/artifacts/build_options.ts";
import { openTrainer } from "../../../src/train/artifacts/open_trainer.ts";
import { adamW } from "../../../src/train/optimizers/adamw.ts";
import { sgd } from "../../../src/train/optimizers/sgd.ts";
import { judgedTest } from "../../artifacts/official_runtime.ts";
import { distance, officialCourse, ownCourse } from "./judge.ts";
import { encoder, networkCases } from "./networks.ts";

const STEPS = 20;
const { batches } = networkCases().find(({ name }) => name === "transformer encoder")!;

/** The same batches with numbers for targets. */
const numbers = batches.map(({ tokens, labels }) => {
  const target = tensor("float32", [labels!.data.length, 3]);
  target.data.forEach((_, i) =>
    target.data[i] = Number(labels!.data[Math.floor(i / 3)]) === i % 3 ? 1 : 0
  );
  return { tokens: tokens!, target };
});

const VARIANTS: readonly {
  readonly claim: string;
  readonly options: BuildArtifactsOptions;
  readonly targets: "labels" | "numbers";
}[] = [
  { claim: "for ort-1.17", options: { target: "ort-1.17" }, targets: "labels" },
  { claim: "with plain descent", options: { optimizer: sgd() }, targets: "labels" },
  { claim: "with clipped gradients", options: { clipNorm: 0.05 }, targets: "labels" },
  { claim: "with a second output", options: { outputs: ["logits"] }, targets: "labels" },
  { claim: "for one batch size", options: { batchSize: 6 }, targets: "labels" },
  { claim: "with the squared error", options: { loss: "mse" }, targets: "numbers" },
  {
    claim: "with binary cross-entropy",
    options: { loss: "binaryCrossEntropy" },
    targets: "numbers",
  },
  {
    claim: "with a loss of one's own",
    options: {
      loss: (g, output, target) =>
        g.reduce("ReduceMean", g.unary("Abs", g.sub(output, target)), [1], false),
    },
    targets: "numbers",
  },
];

for (const { claim, options, targets } of VARIANTS) {
  judgedTest(`artifacts ${claim} train in the official runtime as here`, [], async () => {
    const built = await buildArtifacts(encoder(), options);
    // The official runtime at hand is 1.19, which reads checkpoints of version 2 alone.
    const artifacts = { ...built, checkpoint: { ...built.checkpoint, version: 2 as const } };
    const fed = (targets === "labels" ? batches : numbers).slice(0, options.batchSize ? 1 : 2);
    const official = await officialCourse(artifacts, fed, STEPS);
    const own = await ownCourse(artifacts, fed, STEPS);
    const apart = own.losses.map((loss, i) => Math.abs(loss / official.losses[i]! - 1));
    assert(Math.max(...apart) < 1e-4, `${apart}`);
    assert(distance(own.parameters, official.parameters) < 1e-4);
    assert(official.losses.at(-2)! < official.losses[0]!);
  });
}

for (const optimizer of [adamW(), sgd()]) {
  judgedTest(
    `the official runtime goes on from a checkpoint of ${optimizer.name}`,
    [],
    async () => {
      const artifacts = await buildArtifacts(encoder(), { optimizer });
      const trainer = await openTrainer(artifacts);
      for (const batch of [...batches, ...batches]) {
        trainer.lazyResetGrad();
        await trainer.trainStep(batch);
        trainer.optimizerStep();
      }
      const checkpoint = trainer.checkpoint({ includeOptimizerState: true });
      await trainer.release();
      assertEquals(checkpoint.optimizerGroups[0]!.step, 4);
      const official = await officialCourse({ ...artifacts, checkpoint }, batches, STEPS);
      const own = await ownCourse({ ...artifacts, checkpoint }, batches, STEPS);
      assert(distance(own.losses, official.losses) < 1e-5, `${own.losses}`);
      assert(distance(own.parameters, official.parameters) < 1e-4);
    },
  );
}

judgedTest("dropout acts in the official runtime, and a network learns with it", [], async () => {
  const { batches } = networkCases()[0]!;
  const { losses } = await officialCourse(await buildArtifacts(digitCnn()), batches, 40);
  assert(losses.at(-2)! < 0.7 * losses[0]!, `${losses}`);
});
