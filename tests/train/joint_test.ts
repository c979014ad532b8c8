import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { crossEntropy } from "../../src/artifacts/losses/cross_entropy.ts";
import { mae } from "../../src/artifacts/losses/errors.ts";
import { triplet } from "../../src/artifacts/losses/triplet.ts";
import type { Loss } from "../../src/artifacts/loss.ts";
import { arrays } from "../../src/data/arrays.ts";
import { addHead, removeHead } from "../../src/onnx/add_head.ts";
import { withWeights } from "../../src/onnx/model_from_graph.ts";
import { readModel } from "../../src/onnx/read_model.ts";
import { replaceHead } from "../../src/onnx/replace_head.ts";
import { freeze } from "../../src/onnx/select.ts";
import { rng } from "../../src/tensor/rng.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { fit } from "../../src/train/fit.ts";
import { joint } from "../../src/train/joint.ts";
import { batches } from "../../src/train/loader.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { info, modelBytes, node, weight } from "../onnx/proto.ts";

/** Three numbers, four hidden ones, and a head of two classes; `source` is one of three numbers. */
const backbone = await readModel(modelBytes({
  nodes: [
    node("MatMul", ["x", "k"], ["h"]),
    node("Tanh", ["h"], ["t"]),
    node("Gemm", ["t", "w"], ["y"]),
  ],
  inputs: [info("x", ["N", 3])],
  outputs: [info("y", ["N", 5])],
  valueInfo: [info("t", ["N", 4])],
  weights: [
    weight("k", [3, 4], Array.from(hashed("k", 12))),
    weight("w", [4, 5], Array.from(hashed("w", 20))),
  ],
}));
const one = replaceHead(backbone, { classes: ["ant", "bee"] });
const two = addHead(one, { name: "source", outputs: 3, seed: 1 });

function examples(name: string, count: number, targets: Tensor) {
  const x = tensor("float32", [count, 3], hashed(name, 3 * count).map((u) => 2 * u));
  return { x, targets, data: arrays({ inputs: { x }, targets }) };
}
const ofClasses = (name: string, count: number, classes = 2) =>
  examples(
    name,
    count,
    tensor("int64", [count], Array.from({ length: count }, (_, i) => i % classes)),
  );
const ofNumbers = (name: string, count: number) =>
  examples(name, count, tensor("float32", [count, 3], hashed(`${name}/t`, 3 * count)));

/** What the whole of a data set comes to as one batch. */
async function batchOf(data: Parameters<typeof batches>[0]) {
  const order = Array.from({ length: data.length }, (_, i) => i);
  for await (const batch of batches(data, { batchSize: data.length, order })) return batch;
  throw new Error("no batch");
}

for (
  const [name, model, source, target, options, loss] of [
    ["one head", one, ofClasses("s", 4), ofClasses("t", 4), {}, "crossEntropy"],
    [
      "two heads, losses with weights of their own",
      two,
      ofClasses("s", 3, 3),
      ofClasses("t", 3),
      { sourceOutput: "source", sourceLoss: crossEntropy({ classWeights: [1, 2, 3] }) },
      crossEntropy({ classWeights: [0.5, 3], labelSmoothing: 0.1 }),
    ],
    [
      "a head of numbers and one of classes",
      two,
      ofNumbers("s", 5),
      ofClasses("t", 5),
      { sourceOutput: "source", sourceLoss: mae() },
      "crossEntropy",
    ],
    [
      "triplets of the source",
      two,
      ofClasses("s", 6, 3),
      ofClasses("t", 6),
      { sourceOutput: "source", sourceLoss: triplet({ margin: 5 }) },
      "crossEntropy",
    ],
  ] satisfies [string, typeof one, unknown, unknown, Parameters<typeof joint>[2], Loss][]
) {
  Deno.test(`joint() with ${name} is L_source + λ·L_target, and so are its gradients`, async () => {
    const both = joint(source.data, target.data, { weight: 0.3, ...options });
    const { inputs, targets } = await batchOf(both);
    const whole = await valueAndGrad(model, inputs, targets!, { loss: await both.jointLoss(loss) });
    const { sourceOutput, sourceLoss = loss } = options as {
      sourceOutput?: string;
      sourceLoss?: Loss;
    };
    // The source's loss by itself: that of the model of which its head is the only one.
    const alone = sourceOutput === undefined ? model : removeHead(model, "logits");
    const first = await valueAndGrad(alone, { x: source.x }, source.targets, { loss: sourceLoss });
    const second = await valueAndGrad(model, { x: target.x }, target.targets, { loss });
    assertAlmostEquals(whole.loss, first.loss + 0.3 * second.loss, 1e-6);
    for (const [parameter, { data }] of whole.gradients) {
      data.forEach((found, i) => {
        const sum = (first.gradients.get(parameter)?.data[i] ?? 0) +
          0.3 * (second.gradients.get(parameter)?.data[i] ?? 0);
        assertAlmostEquals(found, sum, 1e-6);
      });
    }
    assert(whole.gradients.has("k"));
  });
}

Deno.test("fit() with joint data takes the steps of the formula", async () => {
  const [source, target] = [ofClasses("s", 4, 3), ofClasses("t", 4)];
  const both = joint(source.data, target.data, { weight: 2, sourceOutput: "source" });
  const options = { epochs: 3, batchSize: 8, shuffle: false, verbose: false } as const;
  const optimizer = sgd({ learningRate: 0.1, momentum: 0 });
  const { model: fitted } = await fit(two, both, { ...options, optimizer });
  const { inputs, targets } = await batchOf(both);
  const loss = await both.jointLoss("crossEntropy");
  const values = new Map([...two.parameters].map(([name, { value }]) => [
    name,
    Float32Array.from(value.data as Float32Array),
  ]));
  let now = two;
  for (let step = 0; step < 3; step++) {
    const { gradients } = await valueAndGrad(now, inputs, targets!, { loss });
    for (const [name, { data }] of gradients) {
      const own = values.get(name)!;
      data.forEach((slope, i) => own[i]! -= 0.1 * slope);
    }
    now = withValues(two, values);
  }
  for (const [name, own] of values) {
    const found = fitted.parameters.get(name)!.value.data as Float32Array;
    own.forEach((number, i) => assertAlmostEquals(found[i]!, number, 1e-6));
  }
});

function withValues(model: typeof two, values: ReadonlyMap<string, Float32Array<ArrayBuffer>>) {
  const shapeOf = (name: string) => model.parameters.get(name)!.shape;
  const copies = [...values].map(([name, data]): [string, Tensor] => [
    name,
    tensor("float32", shapeOf(name), data.slice()),
  ]);
  return withWeights(model, new Map(copies));
}

Deno.test("every batch of joint data has as many examples of each set", () => {
  const both = joint(ofClasses("s", 7).data, ofClasses("t", 3).data);
  assertEquals(both.length, 14);
  const order = Array.from(both.sampler.draw(both, rng(3)));
  assertEquals([...order].sort((a, b) => a - b), Array.from({ length: 14 }, (_, i) => i));
  for (let at = 0; at < 14; at += 2) assertEquals(order[at]! + 1, order[at + 1]);
  assert(order[0] !== 0 || order[2] !== 2, "the pairs are shuffled");
});

Deno.test("joint runs measure the target, keep frozen features and resume bit for bit", async () => {
  const model = freeze(two, "k");
  const both = joint(ofClasses("s", 6, 3).data, ofClasses("t", 4).data, { sourceOutput: "source" });
  const folder = await Deno.makeTempDir();
  const options = {
    validation: ofClasses("v", 4).data,
    batchSize: 4,
    optimizer: adam({ learningRate: 0.05 }),
    verbose: false,
    seed: 4,
  } as const;
  const whole = await fit(model, both, { ...options, epochs: 4 });
  await fit(model, both, { ...options, epochs: 2, checkpoint: folder });
  const rest = await fit(model, both, { ...options, epochs: 4, checkpoint: folder });
  for (const [name, { value }] of whole.model.parameters) {
    assertEquals(rest.model.parameters.get(name)!.value.data, value.data, name);
  }
  const last = whole.history.epochs.at(-1)!;
  assert(last.loss < whole.history.epochs[0]!.loss);
  assert(last.accuracy >= 0 && last.validation!.accuracy >= 0, "classes of the target are counted");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("joint() refuses examples without targets and outputs that are not there", async () => {
  const x = tensor("float32", [2, 3]);
  const bare = arrays({ inputs: { x } });
  const quiet = { verbose: false, epochs: 1 } as const;
  await assertRejects(
    () => fit(one, joint(bare, ofClasses("t", 2).data), quiet),
    TypeError,
    "no targets",
  );
  const both = joint(ofClasses("s", 2).data, ofClasses("t", 2).data, { sourceOutput: "sorce" });
  await assertRejects(() => fit(two, both, quiet), RangeError, '"sorce"');
});
