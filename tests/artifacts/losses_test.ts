import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Loss } from "../../src/artifacts/loss.ts";
import { arcFace } from "../../src/artifacts/losses/arc_face.ts";
import { binaryCrossEntropy } from "../../src/artifacts/losses/binary_cross_entropy.ts";
import { contrastive, supervisedContrastive } from "../../src/artifacts/losses/contrastive.ts";
import { crossEntropy } from "../../src/artifacts/losses/cross_entropy.ts";
import { distill } from "../../src/artifacts/losses/distill.ts";
import { huber, mae, mse, smoothL1 } from "../../src/artifacts/losses/errors.ts";
import { binaryFocal, focal } from "../../src/artifacts/losses/focal.ts";
import { klDivergence } from "../../src/artifacts/losses/kl_divergence.ts";
import { l2sp } from "../../src/artifacts/losses/stay_near.ts";
import { triplet } from "../../src/artifacts/losses/triplet.ts";
import { arrays } from "../../src/data/arrays.ts";
import type { Model } from "../../src/onnx/model.ts";
import { freeze } from "../../src/onnx/select.ts";
import { withWeights } from "../../src/onnx/model_from_graph.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { Dataset } from "../../src/tensor/dataset.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { fit } from "../../src/train/fit.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { multiplied, shifted } from "../train/small_models.ts";
import golden from "./golden_losses.json" with { type: "json" };

const [N, C] = [6, 4];
const numbers = (name: string, factor: number) =>
  tensor("float32", [N, C], hashed(name, N * C).map((u) => factor * u));
const x = numbers("outputs", 4);
const labels = tensor("int64", [N], [0, 1, 2, 1, 3, 0]);
const some = tensor("int64", [N], [0, -1, 2, 1, -1, 0]);
const groups = tensor("int64", [N], [0, 1, 0, 1, 0, 2]);
const yes = tensor("float32", [N, C], hashed("labels", N * C).map((u) => u > 0 ? 1 : 0));
const shares = tensor("float32", [N, C], softmax(numbers("shares", 2).data));
const errors = numbers("numbers", 2);
const weighted = tensor("float32", [N], [1, 0.5, 2, 0, 1, 0.25]);
const W = [0.5, 2, 1, 0.25];
/** A model whose outputs are cosines times 4. */
const metadata = new Map([["graft.cosineScale", "4"]]);
const student = freeze(shifted([N, C], metadata), "w.weight");
/** A model that puts out what the golden teacher does. */
const teacher: Model = withWeights(
  shifted([N, C]),
  new Map([["p.weight", difference(numbers("teacher", 4), x)]]),
);

/** Losses by the names of golden_losses.json, which PyTorch 2.13 made in float64. */
const CASES: Readonly<Record<keyof typeof golden.cases, readonly [Loss, Tensor]>> = {
  "cross-entropy with smoothed labels": [crossEntropy({ labelSmoothing: 0.1 }), labels],
  "cross-entropy with class weights": [crossEntropy({ classWeights: W }), labels],
  "cross-entropy with smoothed labels, class weights and an ignored class": [
    crossEntropy({ labelSmoothing: 0.2, classWeights: W, ignoreIndex: -1 }),
    some,
  ],
  "cross-entropy with an ignored class": [crossEntropy({ ignoreIndex: -1 }), some],
  "cross-entropy of shares with smoothed labels and class weights": [
    crossEntropy({ labelSmoothing: 0.1, classWeights: W }),
    shares,
  ],
  "binary cross-entropy with weights of the yes": [
    binaryCrossEntropy({ positiveWeights: [1, 3, 0.5, 2] }),
    yes,
  ],
  "binary cross-entropy with smoothed labels": [binaryCrossEntropy({ labelSmoothing: 0.2 }), yes],
  "focal loss": [focal(), labels],
  "focal loss with other options": [focal({ gamma: 1.5, alpha: W }), labels],
  "binary focal loss": [binaryFocal({ alpha: 0.25 }), yes],
  "binary focal loss without alpha": [binaryFocal({ gamma: 0.5 }), yes],
  "mean squared error": [mse(), errors],
  "mean absolute error": [mae(), errors],
  "Huber's loss": [huber({ delta: 0.7 }), errors],
  "smooth L1": [smoothL1({ beta: 0.7 }), errors],
  "Kullback-Leibler divergence": [klDivergence(), shares],
  "triplet loss of the hardest": [triplet({ margin: 3 }), groups],
  "triplet loss of the half hard": [triplet({ margin: 3, mining: "semiHard" }), groups],
  "contrastive loss": [contrastive({ margin: 6 }), groups],
  "supervised contrastive loss": [supervisedContrastive({ temperature: 0.5 }), groups],
  "ArcFace": [arcFace(), labels],
  "ArcFace with a scale of its own": [arcFace({ margin: 0.3, scale: 16 }), labels],
  "distillation": [distill({ teacher, temperature: 3, alpha: 0.7 }), labels],
};

for (const [name, [loss, targets]] of Object.entries(CASES)) {
  const cases = golden.cases[name as keyof typeof golden.cases];
  for (const kind of ["even", "weighted"] as const) {
    const expected = cases[kind];
    const weights = kind === "even" ? undefined : weighted;
    Deno.test(`${name}: value and gradient are PyTorch's, ${kind}`, async () => {
      const found = await valueAndGrad(student, { x }, targets, { loss, weights: weights! });
      assertAlmostEquals(found.loss, expected.loss, 2e-6 * Math.max(1, expected.loss));
      assertClose(found.gradients.get("p.weight")!.data, expected.gradient);
    });
  }
  Deno.test(`${name}: ten steps follow PyTorch's, and reports give its value`, async () => {
    const data = dataOf(targets);
    const { history } = await fit(student, data, {
      loss,
      epochs: 10,
      batchSize: N,
      optimizer: sgd({ learningRate: 0.5, momentum: 0 }),
      shuffle: false,
      verbose: false,
      device: "cpu",
    });
    const { losses } = cases.weighted;
    history.epochs.forEach((epoch, i) =>
      assertAlmostEquals(epoch.loss, losses[i]!, 2e-5 * Math.max(1, losses[i]!))
    );
    const report = await evaluate(student, data, { loss, verbose: false, batchSize: N });
    assertAlmostEquals(report.loss, losses[0]!, 2e-6 * Math.max(1, losses[0]!));
  });
}

/** The examples with their weights; an index below 0 is given as a tensor. */
function dataOf(targets: Tensor): Dataset {
  if (targets !== some) return arrays({ inputs: { x }, targets, weights: weighted });
  const of = (index: number) => ({
    inputs: { x: tensor("float32", [C], x.data.slice(index * C, index * C + C)) },
    target: tensor("int64", [], [Number(some.data[index])]),
    weight: weighted.data[index]!,
  });
  return { length: N, get: of };
}

/** Within 1e-5 of the largest element. */
function assertClose(found: Float32Array, expected: readonly number[]): void {
  const largest = Math.max(...expected.map(Math.abs));
  expected.forEach((number, i) => assertAlmostEquals(found[i]!, number, 1e-5 * largest));
}

function softmax(values: Float32Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(values, (value, i) => {
    const row = values.subarray(i - i % C, i - i % C + C);
    return Math.exp(value) / row.reduce((sum, one) => sum + Math.exp(one), 0);
  });
}

function difference(a: Tensor<"float32">, b: Tensor<"float32">): Tensor<"float32"> {
  return tensor("float32", a.dims, a.data.map((number, i) => number - b.data[i]!));
}
