import { assert, assertAlmostEquals } from "@std/assert";
import { buildArtifacts } from "../../../src/train/artifacts/build_artifacts.ts";
import { openTrainer } from "../../../src/train/artifacts/open_trainer.ts";
import { valueAndGrad } from "../../../src/train/value_and_grad.ts";
import { judgedTest } from "../../artifacts/official_runtime.ts";
import { distance, officialCourse, ownCourse } from "./judge.ts";
import { networkCases } from "./networks.ts";

const STEPS = 20;
/** How far losses and parameters of the two runtimes may be apart, relatively. */
const TOLERANCE = 1e-4;

for (const { name, model, batches, options, isSlow } of networkCases()) {
  const test = isSlow
    ? (claim: string, fn: () => Promise<void>) => judgedTest(claim, [], fn)
    : Deno.test;
  test(`artifacts of a ${name} have the loss and gradients of the model`, async () => {
    const trainer = await openTrainer(await buildArtifacts(model, options));
    for (const { labels, ...inputs } of batches) {
      const expected = await valueAndGrad(model, inputs, labels!, {
        ...options.batchNorm && { batchNorm: options.batchNorm },
      });
      trainer.lazyResetGrad();
      const { loss } = await trainer.trainStep({ ...inputs, labels: labels! });
      assertAlmostEquals(Number(loss!.data[0]), expected.loss, 1e-5 * expected.loss);
      const names = [...expected.gradients.keys()];
      const found = names.map((one) => trainer.gradient(one).data as Float32Array);
      const apart = distance(
        joined(found),
        joined([...expected.gradients.values()].map(({ data }) => data)),
      );
      // In a deep network one ReLU may fall to the other side of its kink by rounding.
      assert(apart < (isSlow ? 1e-2 : 1e-4), `${apart}`);
    }
    await trainer.release();
  });

  judgedTest(
    `artifacts of a ${name} train in the official runtime as on the stock one`,
    [],
    async () => {
      const artifacts = await buildArtifacts(model, options);
      const official = await officialCourse(artifacts, batches, STEPS);
      const own = await ownCourse(artifacts, batches, STEPS);
      const apart = own.losses.map((loss, i) => Math.abs(loss / official.losses[i]! - 1));
      const parameters = distance(own.parameters, official.parameters);
      const evaluation = Math.abs(own.evaluation / official.evaluation - 1);
      assert(Math.max(...apart) < TOLERANCE, `${apart}`);
      assert(evaluation < TOLERANCE, `${own.evaluation} for ${official.evaluation}`);
      assert(parameters < TOLERANCE, `${parameters}`);
    },
  );
}

function joined(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  arrays.reduce((at, array) => (all.set(array, at), at + array.length), 0);
  return all;
}
