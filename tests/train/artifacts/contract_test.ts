import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { digitCnn } from "../../../models/digit_cnn.ts";
import { readGraph } from "../../../src/onnx/read_model.ts";
import { freeze, unfreeze } from "../../../src/onnx/select.ts";
import { cpu } from "../../../src/runtime/onnxruntime.ts";
import type { Tensors } from "../../../src/runtime/runtime.ts";
import { int64s, type Tensor, tensor } from "../../../src/tensor/tensor.ts";
import type { Artifacts } from "../../../src/train/artifacts/artifacts.ts";
import { buildArtifacts } from "../../../src/train/artifacts/build_artifacts.ts";
import { loadArtifacts } from "../../../src/train/artifacts/load_artifacts.ts";
import { openTrainer } from "../../../src/train/artifacts/open_trainer.ts";
import { saveArtifacts } from "../../../src/train/artifacts/save_artifacts.ts";
import { adafactor } from "../../../src/train/optimizers/adafactor.ts";
import { adagrad } from "../../../src/train/optimizers/adagrad.ts";
import { adam } from "../../../src/train/optimizers/adam.ts";
import { adamW } from "../../../src/train/optimizers/adamw.ts";
import { lamb } from "../../../src/train/optimizers/lamb.ts";
import { lion } from "../../../src/train/optimizers/lion.ts";
import { lookahead } from "../../../src/train/optimizers/lookahead.ts";
import { nadam } from "../../../src/train/optimizers/nadam.ts";
import { rmsprop } from "../../../src/train/optimizers/rmsprop.ts";
import { sam } from "../../../src/train/optimizers/sam.ts";
import { sgd } from "../../../src/train/optimizers/sgd.ts";
import { distance, ownCourse } from "./judge.ts";
import { encoder, networkCases, normalised } from "./networks.ts";

const CASES = networkCases();
const NORMALISED = CASES.find(({ name }) => name === "normalised network")!;
const ENCODER = CASES.find(({ name }) => name === "transformer encoder")!;

Deno.test("official artifacts have the inputs and outputs of the contract, in its order", async () => {
  const head = unfreeze(freeze(normalised(), "all"), "head");
  const { training, evaluation, checkpoint, optimizer } = await buildArtifacts(head);
  const { graph } = await readGraph(training);
  const parameters = [...checkpoint.frozen.keys(), ...checkpoint.trainable.keys()];
  assertEquals([...checkpoint.trainable.keys()], ["head.weight", "head.bias"]);
  assertEquals(graph.inputs.map(({ name }) => name), [
    ...["x", "labels", ...parameters],
    "head.weight_grad.accumulation.buffer",
    "head.bias_grad.accumulation.buffer",
    "lazy_reset_grad",
  ]);
  assertEquals(graph.inputs[0]!.shape, ["batch", 3, 8, 8]);
  assertEquals(graph.outputs.map(({ name }) => name), [
    "loss",
    "head.weight_grad.accumulation.out",
    "head.bias_grad.accumulation.out",
  ]);
  const { graph: evaluated, proto } = await readGraph(evaluation);
  assertEquals(evaluated.inputs.map(({ name }) => name), ["x", "labels", ...parameters]);
  assertEquals(evaluated.outputs.map(({ name }) => name), ["loss"]);
  assert(proto.irVersion <= 9n && evaluated.opsets.get("")! <= 20);
  const { graph: update } = await readGraph(optimizer!);
  assertEquals(update.inputs.map(({ name }) => name), [
    ...["learning_rate", "step", "params", "gradients"],
    ...["first_order_moments", "second_order_moments"],
  ]);
});

Deno.test("a trained batch normalisation keeps its running statistics as frozen parameters", async () => {
  const { checkpoint } = await buildArtifacts(normalised());
  assertEquals(checkpoint.frozen.size, 4);
  const [batch] = NORMALISED.batches as [Tensors];
  const trainer = await openTrainer(await buildArtifacts(normalised()));
  const [running] = [...checkpoint.frozen.keys()] as [string];
  const before = trainer.parameter(running).data;
  await trainer.trainStep(batch);
  assert(distance(trainer.parameter(running).data as Float32Array, before as Float32Array) > 1e-3);
  await trainer.release();
});

Deno.test("values of the network are outputs of a step where they are asked for", async () => {
  const [batch] = ENCODER.batches as [Tensors];
  const trainer = await openTrainer(await buildArtifacts(encoder(), { outputs: ["logits"] }));
  const trained = await trainer.trainStep(batch);
  const evaluated = await trainer.evalStep(batch);
  assertEquals(Object.keys(trained), ["loss", "logits"]);
  assertEquals(Object.keys(evaluated), ["loss", "logits"]);
  assertEquals(trained.logits!.dims, [6, 3]);
  await trainer.release();
});

Deno.test("dropout acts in a training step and not in an evaluation step", async () => {
  const trainer = await openTrainer(await buildArtifacts(digitCnn()));
  const x = tensor("float32", [4, 1, 28, 28], new Float32Array(4 * 784).fill(0.5));
  const feeds = { x, labels: int64s([1, 2, 3, 4]) };
  const loss = async (step: "trainStep" | "evalStep") =>
    Number((await trainer[step](feeds)).loss!.data[0]);
  assertEquals(await loss("evalStep"), await loss("evalStep"));
  assert(await loss("trainStep") !== await loss("trainStep"));
  await trainer.release();
});

Deno.test("artifacts that were saved load again with classes and parameters", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const model = digitCnn({ classes: ["odd", "even"] });
    for (const target of ["ort-1.17", "ort-1.19", "stock"] as const) {
      await saveArtifacts(await buildArtifacts(model, { target }), folder, { prefix: "my_" });
      const loaded = await loadArtifacts(folder, { prefix: "my_" });
      assertEquals(loaded.classes, ["odd", "even"]);
      assertEquals(loaded.preprocessing, model.preprocessing);
      assertEquals([...loaded.parameters.keys()], [...model.parameters.keys()]);
      assertEquals(loaded.checkpoint.version, target === "ort-1.17" ? 1 : 2);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what a target cannot hold is refused with what can be done", async () => {
  const model = encoder();
  const cases: readonly [Parameters<typeof buildArtifacts>[1], string][] = [
    [{ optimizer: sgd({ momentum: 0.9 }) }, 'no optimizer "sgd" with momentum 0.9'],
    [{ optimizer: adam({ weightDecay: 0.1 }) }, 'no optimizer "adam" with weightDecay 0.1'],
    [{ target: "stock", optimizer: { ...adamW(), name: "mine" } }, 'found "mine"'],
    [{ optimizer: adamW({ amsgrad: true }) }, 'no optimizer "adamW" with'],
    ...[nadam(), lamb(), adafactor(), lookahead(adamW()), sam(adamW())].flatMap(
      (optimizer): [Parameters<typeof buildArtifacts>[1], string][] => [
        [{ optimizer }, `no optimizer "${optimizer.name}"`],
        [{ optimizer, target: "stock" }, `found "${optimizer.name}"`],
      ],
    ),
    [{ outputs: ["nothing"] }, 'no value "nothing"'],
    [{ outputs: ["x_grad"] }, "ends like the name of a gradient"],
    [{ batchSize: 0 }, '"batchSize" must be'],
  ];
  for (const [options, says] of cases) {
    await assertRejects(() => buildArtifacts(model, options), RangeError, says);
  }
});

/** Trains stock artifacts by nothing but sessions of the runtime, as any host could. */
async function stockCourse(
  { training, optimizer, checkpoint }: Artifacts,
  batches: readonly Tensors[],
  steps: number,
): Promise<number[]> {
  const [trainer, updater] = await Promise.all(
    [training, optimizer!].map((one) => cpu.session(one)),
  );
  const state = new Map<string, Tensor>([...checkpoint.trainable, ...checkpoint.frozen]);
  const zeros = (name: string) =>
    tensor("float32", checkpoint.trainable.get(name.replace(/(_grad\.|\.momentum).*$/, ""))!.dims);
  const valueOf = (name: string) => state.get(name) ?? zeros(name);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const batch = batches[step % batches.length]!;
    const given: Tensors = { ...batch, lazy_reset_grad: tensor("bool", [1], [1]) };
    const made = await trainer!.run(
      Object.fromEntries(trainer!.inputs.map((name) => [name, given[name] ?? valueOf(name)])),
    );
    losses.push(Number(made.loss!.data[0]));
    for (const [name, value] of Object.entries(made)) {
      state.set(name.replace(/\.updated$/, "").replace(/\.out$/, ".buffer"), value);
    }
    const rates: Tensors = {
      learning_rate: tensor("float32", [1], [1e-3]),
      step: int64s([step + 1]),
    };
    const updated = await updater!.run(
      Object.fromEntries(updater!.inputs.map((name) => [name, rates[name] ?? valueOf(name)])),
    );
    for (const [name, value] of Object.entries(updated)) {
      state.set(name.replace(/\.updated$/, ""), value);
    }
  }
  await trainer!.release();
  await updater!.release();
  return losses;
}

const OPTIMIZERS = [
  [adamW(), NORMALISED],
  [adamW(), ENCODER],
  [adam({ weightDecay: 0.1 }), NORMALISED],
  [adam({ weightDecay: 0.1 }), ENCODER],
  [adam({ amsgrad: true, beta2: 0.5 }), NORMALISED],
  [sgd({ momentum: 0.9, nesterov: true }), NORMALISED],
  [sgd({ momentum: 0.9, nesterov: true }), ENCODER],
  [adagrad({ learningRateDecay: 0.1 }), NORMALISED],
  [lion({ weightDecay: 0.1 }), NORMALISED],
  [rmsprop({ momentum: 0.5, centered: true, epsilon: 1e-3 }), NORMALISED],
] as const;

for (const [optimizer, { name, model, batches }] of OPTIMIZERS) {
  Deno.test(`stock artifacts of a ${name} with ${optimizer.name} need nothing but sessions`, async () => {
    const artifacts = await buildArtifacts(model, { target: "stock", optimizer, clipNorm: 0.5 });
    const { graph } = await readGraph(artifacts.training);
    assertEquals([...graph.nodes].filter(({ domain }) => domain !== "").map(String), []);
    const expected = await ownCourse(artifacts, batches, 6);
    const found = await stockCourse(artifacts, batches, 6);
    found.forEach((loss, i) =>
      assertAlmostEquals(loss, expected.losses[i]!, 1e-5 * expected.losses[i]!)
    );
  });
}
