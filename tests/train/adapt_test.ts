import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { adversarial } from "../../src/artifacts/losses/adversarial.ts";
import type { Alignment } from "../../src/artifacts/losses/alignment.ts";
import { mmd } from "../../src/artifacts/losses/mmd.ts";
import { rampUp } from "../../src/artifacts/losses/ramp.ts";
import { arrays } from "../../src/data/arrays.ts";
import { addHead, removeHead } from "../../src/onnx/add_head.ts";
import { mlp } from "../../src/onnx/heads/layers.ts";
import { readModel } from "../../src/onnx/read_model.ts";
import { replaceHead } from "../../src/onnx/replace_head.ts";
import { freeze } from "../../src/onnx/select.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { adapt } from "../../src/train/adapt.ts";
import { buildArtifacts } from "../../src/train/artifacts/build_artifacts.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { fit } from "../../src/train/fit.ts";
import { batches } from "../../src/train/loader.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { info, modelBytes, node, weight } from "../onnx/proto.ts";
import { shifted } from "./small_models.ts";

/** Three numbers, four hidden ones, a head of two classes. */
const plain = replaceHead(
  await readModel(modelBytes({
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
  })),
  { classes: ["ant", "bee"] },
);
const withDomain = addHead(plain, {
  name: "domain",
  outputs: 1,
  head: mlp({ hidden: 3 }),
  seed: 2,
});

function points(name: string, count: number, shift = 0) {
  return tensor("float32", [count, 3], hashed(name, 3 * count).map((u) => 2 * u + shift));
}
const labels = (count: number) =>
  tensor("int64", [count], Array.from({ length: count }, (_, i) => i % 2));
const sourceData = (count: number) =>
  arrays({ inputs: { x: points("s", count) }, targets: labels(count) });
const targetData = (count: number) => arrays({ inputs: { x: points("t", count, 1) } });

/** The whole of a data set as one batch. */
async function batchOf(data: Parameters<typeof batches>[0]) {
  const order = Array.from({ length: data.length }, (_, i) => i);
  for await (const batch of batches(data, { batchSize: data.length, order })) return batch;
  throw new Error("no batch");
}

/** MMD² in double precision, the widths given by `of`: by the rows themselves, or held fast. */
function discrepancy(
  rows: readonly (readonly number[])[],
  { source, target, bandwidths, of = rows }: {
    readonly source: readonly number[];
    readonly target: readonly number[];
    readonly bandwidths: readonly number[];
    readonly of?: readonly (readonly number[])[];
  },
): number {
  const squared = (all: typeof rows, i: number, j: number) =>
    all[i]!.reduce((sum, one, at) => sum + (one - all[j]![at]!) ** 2, 0);
  const mean = (
    weigh: (i: number, j: number) => number,
    value: (i: number, j: number) => number,
  ) => {
    let [sum, total] = [0, 0];
    for (let i = 0; i < rows.length; i++) {
      for (let j = 0; j < rows.length; j++) {
        if (i === j) continue;
        sum += weigh(i, j) * value(i, j);
        total += weigh(i, j);
      }
    }
    return sum / total;
  };
  const every = source.map((one, i) => one + target[i]!);
  const width = mean((i, j) => every[i]! * every[j]!, (i, j) => squared(of, i, j));
  const kernel = (i: number, j: number) =>
    bandwidths.reduce((sum, each) => sum + Math.exp(-squared(rows, i, j) / (each * width)), 0) /
    bandwidths.length;
  return mean((i, j) => source[i]! * source[j]!, kernel) +
    mean((i, j) => target[i]! * target[j]!, kernel) -
    2 * mean((i, j) => source[i]! * target[j]!, kernel);
}

/** The loss of one alignment alone: the targets' own loss is 0. */
async function alone(by: Alignment) {
  const nothing = {
    name: "nothing",
    targets: "numbers",
    losses: (g: never, output: never) => zeros(g, output),
  } as const;
  const { jointLoss } = adapt(sourceData(4), targetData(4), { by });
  return await jointLoss(nothing as never);
}

function zeros(
  g: import("../../src/autodiff/builder.ts").Builder,
  output: import("../../src/onnx/graph.ts").Value,
) {
  return g.scale(
    g.reduceSum(output, output.shape!.map((_, axis) => axis).slice(1) as number[], false),
    0,
  );
}

Deno.test("mmd() and its gradient are those computed in double precision, weights included", async () => {
  const [N, C] = [7, 3];
  const x = tensor("float32", [N, C], hashed("mmd", N * C).map((u) => 2 * u));
  const kinds = [0, 1, 0, 1, 1, 0, 1];
  const targets = tensor("float32", [N, 2], kinds.flatMap((kind) => [kind, 0]));
  for (
    const [weights, bandwidths] of [
      [[1, 1, 1, 1, 1, 1, 1], [0.25, 0.5, 1, 2, 4]],
      [[1, 2, 0.5, 1, 0, 1, 3], [1]],
    ]
  ) {
    const loss = await alone(mmd({ layers: ["y"], bandwidths: bandwidths!, weight: 3 }));
    const given = tensor("float32", [N], weights!);
    const found = await valueAndGrad(freeze(shifted([N, C]), "w.weight"), { x }, targets, {
      loss,
      weights: given,
    });
    const rows = kinds.map((_, i) => Array.from(x.data.subarray(i * C, i * C + C)));
    const side = (kind: number) => weights!.map((one, i) => kinds[i] === kind ? one : 0);
    const options = { source: side(0), target: side(1), bandwidths: bandwidths! };
    assertAlmostEquals(found.loss, 3 * discrepancy(rows, options), 1e-6);
    const step = 1e-5;
    found.gradients.get("p.weight")!.data.forEach((slope, at) => {
      const moved = (by: number) =>
        rows.map((row, i) => row.map((one, j) => i * C + j === at ? one + by : one));
      const [up, down] = [step, -step].map((by) =>
        discrepancy(moved(by), { ...options, of: rows })
      ) as [number, number];
      assertAlmostEquals(slope, 3 * (up - down) / (2 * step), 1e-5);
    });
  }
});

Deno.test("mmd() is 0 with fewer than two examples of a domain, and where all coincide", async () => {
  const loss = await alone(mmd({ layers: ["y"] }));
  const model = freeze(shifted([3, 3]), "w.weight");
  const kinds = (of: number[]) => tensor("float32", [3, 2], of.flatMap((kind) => [kind, 0]));
  for (
    const [x, targets] of [
      [points("few", 3), kinds([0, 1, 1])],
      [tensor("float32", [3, 3]), kinds([0, 0, 1])],
      [tensor("float32", [3, 3]), kinds([0, 1, 0])],
    ] as const
  ) {
    const found = await valueAndGrad(model, { x }, targets, { loss });
    assertEquals(found.loss, 0);
    assert(found.gradients.get("p.weight")!.data.every((slope) => slope === 0));
  }
});

Deno.test("adversarial() turns round the gradient behind its head, times λ, and leaves the head's", async () => {
  const both = adapt(sourceData(4), targetData(4), { by: adversarial({ output: "domain" }) });
  const { inputs, targets } = await batchOf(both);
  const loss = await both.jointLoss("crossEntropy");
  // The domains' loss as it is: that of a plain classifier of domains.
  const kinds = tensor("float32", [8, 1], [0, 1, 0, 1, 0, 1, 0, 1]);
  const teller = removeHead(withDomain, "logits");
  const told = await valueAndGrad(teller, inputs, kinds, { loss: "binaryCrossEntropy" });
  const source = await valueAndGrad(plain, { x: points("s", 4) }, labels(4));
  for (const progress of [0, 0.1, 1]) {
    const found = await valueAndGrad(withDomain, inputs, targets!, { loss, progress });
    const strength = 2 / (1 + Math.exp(-10 * progress)) - 1;
    assertAlmostEquals(found.loss, source.loss + told.loss, 1e-6);
    for (const [name, { data }] of found.gradients) {
      const factor = name.startsWith("head.domain.") ? 1 : -strength;
      data.forEach((slope, i) => {
        const own = source.gradients.get(name)?.data[i] ?? 0;
        const other = told.gradients.get(name)?.data[i] ?? 0;
        assertAlmostEquals(slope, own + factor * other, 1e-6, `${name} at ${progress}`);
      });
    }
  }
  assert(
    Math.max(...told.gradients.get("k")!.data.map(Math.abs)) > 1e-3,
    "there is something to turn",
  );
});

Deno.test("fit() moves λ with its steps", async () => {
  const seen: number[] = [];
  const strength = (progress: number) => {
    seen.push(progress);
    return progress;
  };
  const by = adversarial({ output: "domain", strength });
  const both = adapt(sourceData(4), targetData(4), { by });
  seen.length = 0;
  const options = { epochs: 3, batchSize: 8, shuffle: false, verbose: false } as const;
  const optimizer = sgd({ learningRate: 0.5, momentum: 0 });
  const { model: fitted } = await fit(withDomain, both, { ...options, optimizer });
  assertEquals(seen.filter((one, i) => i === 0 || one !== seen[i - 1]), [0, 1 / 3, 2 / 3]);

  const { inputs, targets } = await batchOf(both);
  const loss = await both.jointLoss("crossEntropy");
  const k = Float32Array.from(withDomain.parameters.get("k")!.value.data as Float32Array);
  // The first step has λ = 0, so it is that of the source alone.
  const { model: once } = await fit(withDomain, both, { ...options, optimizer, epochs: 1 });
  const first = await valueAndGrad(withDomain, inputs, targets!, { loss, progress: 0 });
  const after = once.parameters.get("k")!.value.data as Float32Array;
  first.gradients.get("k")!.data.forEach((slope, i) =>
    assertAlmostEquals(after[i]!, k[i]! - 0.5 * slope, 1e-6)
  );
  assert(fitted.parameters.get("k")!.value.data !== after);
});

Deno.test("adapted runs resume bit for bit", async () => {
  const by = [mmd({ weight: rampUp({ gamma: 3 }) }), adversarial({ output: "domain" })];
  const both = adapt(sourceData(6), targetData(4), { by });
  const validation = arrays({ inputs: { x: points("t", 4, 1) }, targets: labels(4) });
  const options = {
    validation,
    epochs: 4,
    batchSize: 4,
    optimizer: adam({ learningRate: 0.05 }),
    verbose: false,
    seed: 4,
  } as const;
  const whole = await fit(withDomain, both, options);
  const folder = await Deno.makeTempDir();
  const stopped = new AbortController();
  const callbacks = [{
    onStep: ({ step }: { step: number }) => void (step === 5 && stopped.abort()),
  }];
  await fit(withDomain, both, {
    ...options,
    checkpoint: folder,
    signal: stopped.signal,
    callbacks,
  });
  const rest = await fit(withDomain, both, { ...options, checkpoint: folder });
  assertEquals(rest.history.epochs.length, 4);
  for (const [name, { value }] of whole.model.parameters) {
    assertEquals(rest.model.parameters.get(name)!.value.data, value.data, name);
  }
  assertEquals(
    rest.history.epochs.at(-1)!.validation!.loss,
    whole.history.epochs.at(-1)!.validation!.loss,
  );
  const other = adapt(sourceData(6), targetData(4), { by: mmd({ weight: 2 }) });
  await assertRejects(
    () => fit(withDomain, other, { ...options, checkpoint: folder }),
    RangeError,
    '"loss"',
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("adapt() never looks at the target's labels, and reports measure plain data plainly", async () => {
  const labelled = (flip: number) =>
    arrays({
      inputs: { x: points("t", 4, 1) },
      targets: tensor("int64", [4], [0, 1, 0, 1].map((one) => (one + flip) % 2)),
    });
  const options = { epochs: 2, batchSize: 4, verbose: false } as const;
  const runs = await Promise.all(
    [labelled(0), labelled(1), targetData(4)].map(async (target) =>
      (await fit(plain, adapt(sourceData(4), target, { by: mmd() }), options)).model
    ),
  );
  for (const model of runs) {
    assertEquals(model.parameters.get("k")!.value.data, runs[0]!.parameters.get("k")!.value.data);
  }
  const { history, model } = await fit(plain, adapt(sourceData(4), targetData(4), { by: mmd() }), {
    ...options,
    validation: labelled(0),
  });
  const { loss, accuracy } = await evaluate(model, labelled(0), { verbose: false });
  assertAlmostEquals(history.epochs.at(-1)!.validation!.loss, loss, 1e-6);
  assertEquals(history.epochs.at(-1)!.validation!.accuracy, accuracy);
  // The accuracy in training is that of the source.
  assert(history.epochs[0]!.accuracy >= 0);
});

Deno.test("adapt() makes two domains alike that differ by a shift", async () => {
  const means = async (by: Alignment | undefined) => {
    const sides = Array.from({ length: 32 }, (_, i) => i % 2);
    // What tells the classes apart is the first number; the domains, the second and the third.
    const at = (name: string, shift: number) => {
      const x = points(name, 32).data.map((u, i) =>
        i % 3 === 0 ? u / 4 + 2 * sides[i / 3]! - 1 : u / 4 + shift
      );
      return tensor("float32", [32, 3], x);
    };
    const source = arrays({ inputs: { x: at("s", -0.5) }, targets: labels(32) });
    const target = arrays({ inputs: { x: at("t", 0.5) } });
    const options = { epochs: 150, batchSize: 64, verbose: false, seed: 1 } as const;
    const optimizer = sgd({ learningRate: 0.1 });
    const data = by ? adapt(source, target, { by }) : source;
    const start = by?.outputs?.[0] === "domain" ? withDomain : plain;
    const { model } = await fit(start, data, { ...options, optimizer });
    const gap = adapt(source, target, { by: mmd({ layers: ["t"] }) });
    const { inputs, targets } = await batchOf(gap);
    const loss = await alone(mmd({ layers: ["t"] }));
    return (await valueAndGrad(model, inputs, targets!, { loss })).loss;
  };
  const before = await means(undefined);
  assert(await means(mmd()) < before / 3);
  assert(await means(adversarial({ output: "domain" })) < before / 1.5);
});

Deno.test("what cannot be adapted is refused with advice", async () => {
  const quiet = { epochs: 1, verbose: false } as const;
  const by = adversarial({ output: "domain" });
  const both = adapt(sourceData(2), targetData(2), { by });
  await assertRejects(() => fit(plain, both, quiet), RangeError, '"domain"');
  await assertRejects(
    () => fit(freeze(withDomain, "k"), both, quiet),
    RangeError,
    "unfreeze a part of the backbone",
  );
  const wide = addHead(plain, { name: "domain", outputs: 2 });
  await assertRejects(() => fit(wide, both, quiet), RangeError, "outputs: 1");
  await assertRejects(
    () => fit(plain, adapt(targetData(2), sourceData(2), { by: mmd() }), quiet),
    TypeError,
    "adapt(): the examples of a data set have no targets",
  );
  await assertRejects(
    async () => buildArtifacts(plain, { loss: await both.jointLoss("crossEntropy") }),
    TypeError,
    "numbers that change over training",
  );
  const never = adapt(sourceData(2), targetData(2), { by: mmd({ weight: () => NaN }) });
  await assertRejects(() => fit(plain, never, quiet), RangeError, "found NaN");
  assertThrows(() => adapt(sourceData(2), targetData(2), { by: [] }), RangeError, '"by"');
  assertThrows(() => mmd({ layers: [] }), RangeError, '"layers"');
});
