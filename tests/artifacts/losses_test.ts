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
import { Graph } from "../../src/onnx/graph.ts";
import { modelFromGraph, withWeights } from "../../src/onnx/model_from_graph.ts";
import { buildArtifacts } from "../../src/train/artifacts/build_artifacts.ts";
import { openTrainer } from "../../src/train/artifacts/open_trainer.ts";
import { balancedWeights } from "../../src/train/balanced_weights.ts";
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
const first4 = tensor("int64", [4], [0, 1, 0, 1]);
/** A model whose outputs are cosines times 4. */
const metadata = new Map([["graft.cosineScale", "4"]]);
const student = freeze(shifted([N, C], metadata), "w.weight");
/** y = x, for any number of examples. */
const identity = (() => {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const weight = tensor(
    "float32",
    [C, C],
    [0, 1, 2, 3].flatMap((i) => [0, 1, 2, 3].map((j) => i === j ? 1 : 0)),
  );
  const inputs = [graph.addInput("x", "float32", ["N", C]), graph.addConstant("w", weight)];
  const y = graph.add("MatMul", inputs, { outputs: ["y"] }).outputs[0]!;
  graph.outputs.push(y);
  return modelFromGraph(graph, { name: "identity" });
})();
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

Deno.test("L²-SP: ten steps follow PyTorch's, and its start may be another model", async () => {
  const start = numbers("p0", 1);
  const own = withWeights(shifted([N, C]), new Map([["p.weight", start]]));
  const { model, loss } = headed(own);
  const optimizer = sgd({ learningRate: 0.1, momentum: 0 });
  const options = { epochs: 10, batchSize: N, optimizer, shuffle: false, verbose: false } as const;
  const data = arrays({ inputs: { x }, targets: labels });
  const near = l2sp({ alpha: 0.3, beta: 0.2 });
  const { history } = await fit(model, data, { ...options, loss, stayNear: near });
  history.epochs.forEach((epoch, i) =>
    assertAlmostEquals(epoch.loss, golden.l2sp[i]!, 1e-5 * golden.l2sp[i]!)
  );
  const other = l2sp({ alpha: 2, beta: 0, start: shifted([N, C]) });
  const plain = await valueAndGrad(model, { x }, labels);
  const found = await valueAndGrad(model, { x }, labels, { stayNear: other });
  const distance = start.data.reduce((sum, one) => sum + one ** 2, 0);
  assertAlmostEquals(found.loss, plain.loss + distance, 1e-5 * distance);
  const validated = await fit(model, data, {
    ...options,
    epochs: 1,
    stayNear: near,
    validation: data,
  });
  const after = await evaluate(validated.model, data, { verbose: false });
  assertAlmostEquals(validated.history.epochs[0]!.validation!.loss, after.loss, 1e-6);
});

/** The model with its first weight as its head, as `l2sp` sees it. */
function headed(model: Model) {
  const parameters = new Map([...model.parameters].map(([name, one]) => [
    name,
    { ...one, head: name === "w.weight" },
  ]));
  return { model: { ...model, parameters }, loss: "crossEntropy" as const };
}

Deno.test("a batch of which nothing counts has loss 0 and no slope", async () => {
  const none = tensor("int64", [N], new Array(N).fill(-1));
  const alone = tensor("int64", [N], [0, 1, 2, 3, 4, 5]);
  for (
    const [loss, targets] of [
      [crossEntropy({ ignoreIndex: -1 }), none],
      [crossEntropy({ ignoreIndex: -1, classWeights: W, labelSmoothing: 0.1 }), none],
      [crossEntropy({ classWeights: [0, 1, 1, 1] }), tensor("int64", [N])],
      [triplet(), alone],
      [triplet({ mining: "semiHard" }), tensor("int64", [N])],
      [supervisedContrastive(), alone],
    ] as const
  ) {
    const found = await valueAndGrad(student, { x }, targets, { loss });
    assertEquals(found.loss, 0);
    assert(found.gradients.get("p.weight")!.data.every((slope) => slope === 0));
  }
});

Deno.test("no loss overflows at huge outputs, or divides by zero at equal ones", async () => {
  const huge = tensor("float32", [N, C], hashed("outputs", N * C).map((u) => 2e4 * Math.sign(u)));
  const equal = tensor("float32", [N, C]);
  for (const [name, [loss, targets]] of Object.entries(CASES)) {
    if (name.startsWith("ArcFace")) continue;
    for (const input of [huge, equal]) {
      const found = await valueAndGrad(student, { x: input }, targets, { loss });
      assert(Number.isFinite(found.loss) && found.loss >= -1e-6, `${name}: ${found.loss}`);
      assert(found.gradients.get("p.weight")!.data.every(Number.isFinite), name);
    }
  }
});

Deno.test("rows that only fill a batch are in no pair", async () => {
  const data = arrays({
    inputs: { x: tensor("float32", [4, 3], hashed("x", 12)) },
    targets: first4,
  });
  const model = multiplied(hashed("w", 6));
  for (const loss of [triplet({ margin: 2 }), contrastive(), supervisedContrastive()]) {
    const options = { loss, epochs: 1, shuffle: false, verbose: false, device: "cpu" } as const;
    const exact = await fit(model, data, { ...options, batchSize: 4, validation: data });
    const report = await evaluate(exact.model, data, { loss, verbose: false, batchSize: 4 });
    const { validation } = exact.history.epochs[0]!;
    assertAlmostEquals(validation!.loss, report.loss, 1e-6);
    const filled = await fit(model, data, { ...options, batchSize: 7, validation: data });
    assertAlmostEquals(filled.history.epochs[0]!.loss, exact.history.epochs[0]!.loss, 1e-6);
    assertAlmostEquals(filled.history.epochs[0]!.validation!.loss, validation!.loss, 1e-6);
  }
});

Deno.test("weights of classes are counted in the data, and means hold over batches", async () => {
  const counted = [2, 2, 1, 1].map((count) => N / (4 * count));
  const data = arrays({ inputs: { x }, targets: labels });
  const quiet = { verbose: false } as const;
  const whole = await evaluate(student, data, {
    loss: crossEntropy({ classWeights: counted }),
    ...quiet,
  });
  const balanced = crossEntropy({ classWeights: "balanced" });
  // A model of any batch size: y = x·I.
  const parts = await evaluate(identity, data, { loss: balanced, ...quiet, batchSize: 4 });
  assertAlmostEquals(parts.loss, whole.loss, 1e-6);
  assertEquals(await balancedWeights(data), counted);
  const optimizer = sgd({ learningRate: 0.5, momentum: 0 });
  const options = { epochs: 2, batchSize: N, optimizer, shuffle: false, verbose: false } as const;
  const first = await fit(student, data, { ...options, loss: balanced });
  const second = await fit(student, data, {
    ...options,
    loss: crossEntropy({ classWeights: counted }),
  });
  assertEquals(
    first.model.parameters.get("p.weight")!.value.data,
    second.model.parameters.get("p.weight")!.value.data,
  );
  await assertRejects(
    () => valueAndGrad(student, { x }, labels, { loss: balanced }),
    TypeError,
    "balancedWeights(dataset)",
  );
});

Deno.test("balancedWeights() refuses targets that are no classes, and streams", async () => {
  const labels = { length: 2, get: () => ({ target: tensor("float32", [2], [0, 1]) }) };
  for (const data of [labels, { ...labels, target: () => undefined }]) {
    await assertRejects(() => balancedWeights(data), TypeError, "an example has a tensor");
  }
  const endless = { length: Infinity, sequential: true, get: () => ({ target: 1 }) };
  await assertRejects(() => balancedWeights(endless), TypeError, "found a stream");
});

Deno.test("batches that make one step are put together by the weights of their classes", async () => {
  const input = tensor("float32", [4, 3], hashed("x", 12));
  const data = arrays({ inputs: { x: input }, targets: tensor("int64", [4], [0, 1, 1, 1]) });
  const loss = crossEntropy({ classWeights: [1, 5] });
  const optimizer = sgd({ learningRate: 0.1, momentum: 0 });
  const options = { loss, optimizer, epochs: 2, shuffle: false, verbose: false } as const;
  const model = multiplied(hashed("w", 6));
  const whole = await fit(model, data, { ...options, batchSize: 4 });
  const parts = await fit(model, data, { ...options, batchSize: 2, accumulate: 2 });
  const [one, other] = [whole, parts].map(({ model }) =>
    model.parameters.get("w.weight")!.value.data as Float32Array
  );
  one!.forEach((number, i) => assertAlmostEquals(other![i]!, number, 1e-6));
  assertAlmostEquals(parts.history.epochs[1]!.loss, whole.history.epochs[1]!.loss, 1e-6);
});

Deno.test("a loss of one's own may have several terms, and read parameters and other outputs", async () => {
  const loss: Loss = {
    name: "own",
    targets: "numbers",
    losses: (g, output, target, { parameters, training }) => {
      const error = g.sub(output, target);
      const mean = g.reduce("ReduceMean", g.mul(error, error), [1], false);
      const size = g.reduce("ReduceSumSquare", parameters[0]!.now, [0, 1], false);
      return training ? [{ losses: mean, factor: 2 }, { losses: size, factor: 0.5 }] : mean;
    },
  };
  const model = freeze(withWeights(shifted([N, C]), new Map([["p.weight", errors]])), "w.weight");
  const found = await valueAndGrad(model, { x }, errors, { loss, weights: weighted });
  const plain = await valueAndGrad(model, { x }, errors, { loss: "mse", weights: weighted });
  const size = errors.data.reduce((sum, one) => sum + one ** 2, 0);
  assertAlmostEquals(found.loss, 2 * plain.loss + size / 2, 1e-5 * size);
});

Deno.test("a teacher is run as it is used: its dropout is off, and its answers are kept", async () => {
  const loss = distill({ teacher: freeze(teacher, "all"), temperature: 2 });
  const data = arrays({ inputs: { x }, targets: labels });
  const options = { loss, epochs: 2, batchSize: N, verbose: false, shuffle: false } as const;
  const { history } = await fit(student, data, { ...options, validation: data });
  assert(history.epochs[1]!.loss < history.epochs[0]!.loss);
  const report = await evaluate(student, data, { loss, verbose: false });
  assertAlmostEquals(report.loss, history.epochs[0]!.loss, 1e-5);
  assert(report.accuracy >= 0);
  await assertRejects(
    () =>
      fit(student, data, { ...options, loss: distill({ teacher: multiplied(hashed("w", 6)) }) }),
    TypeError,
    "same classes",
  );
  await assertRejects(() => buildArtifacts(student, { loss }), TypeError, "teacher");
});

Deno.test("artifacts are built for losses with options", async () => {
  for (
    const [loss, targets] of [
      [crossEntropy({ labelSmoothing: 0.1, classWeights: [1, 2] }), "labels"],
      [focal({ gamma: 1 }), "labels"],
      [huber(), "target"],
    ] as const
  ) {
    const model = multiplied(hashed("w", 6));
    const artifacts = await buildArtifacts(model, { loss });
    const trainer = await openTrainer(artifacts);
    const input = tensor("float32", [5, 3], hashed("x", 15));
    const wanted = targets === "labels"
      ? tensor("int64", [5], [0, 1, 1, 0, 1])
      : tensor("float32", [5, 2], hashed("t", 10));
    const step = await trainer.trainStep({ x: input, [targets]: wanted });
    const exact = await valueAndGrad(model, { x: input }, wanted, { loss });
    assertAlmostEquals(Number(step.loss!.data[0]), exact.loss, 1e-6);
    assertClose(
      trainer.gradient("w.weight").data as Float32Array,
      Array.from(exact.gradients.get("w.weight")!.data),
    );
    await trainer.release();
  }
});

for (
  const [name, make, message] of [
    ["crossEntropy", () => crossEntropy({ labelSmoothing: 2 }), "labelSmoothing"],
    ["focal", () => focal({ gamma: -1 }), "gamma"],
    ["huber", () => huber({ delta: 0 }), "delta"],
    ["triplet", () => triplet({ mining: "easy" as never }), "mining"],
    ["distill", () => distill({} as never), "teacher"],
    ["arcFace", () => arcFace({ margin: 3 }), "margin"],
    ["l2sp", () => l2sp({ alpha: -1 }), "alpha"],
  ] as const
) {
  Deno.test(`${name}() names an option that is wrong`, () => {
    assertThrows(make, Error, `${name}(): option "${message}"`);
  });
}

Deno.test("losses say what does not fit them", async () => {
  const of = (loss: Loss, targets: Tensor, model = student) => () =>
    valueAndGrad(model, { x }, targets, { loss });
  await assertRejects(of(crossEntropy({ classWeights: [1, 2] }), labels), RangeError, "4 classes");
  await assertRejects(of(focal({ alpha: [1, 2] }), labels), RangeError, "4 classes");
  await assertRejects(
    of(binaryCrossEntropy({ positiveWeights: [1] }), yes),
    RangeError,
    "4 classes",
  );
  await assertRejects(of(triplet(), yes), TypeError, '"triplet"');
  await assertRejects(of(klDivergence(), labels), TypeError, '"klDivergence"');
  await assertRejects(of(arcFace(), labels, shifted([N, C])), TypeError, "cosineHead()");
});

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
