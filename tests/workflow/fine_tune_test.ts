import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { flatten, linear, relu } from "../../models/layers.ts";
import { input, network, output, toModel } from "../../models/network.ts";
import { arrays } from "../../src/data/arrays.ts";
import type { Model } from "../../src/onnx/model.ts";
import { modelFromGraph } from "../../src/onnx/model_from_graph.ts";
import type { Dataset } from "../../src/tensor/dataset.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { DivergenceError, fit } from "../../src/train/fit.ts";
import { resolveGroups } from "../../src/train/groups/resolve_groups.ts";
import { adamW } from "../../src/train/optimizers/adamw.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { constant } from "../../src/train/schedules/constant.ts";
import { fineTune, type FineTuneOptions } from "../../src/workflow/fine_tune.ts";
import { twoPhases } from "../../src/workflow/fine_tune/phase.ts";
import { hashed } from "../autodiff/golden_numbers.ts";

const CLASSES = ["ant", "bee", "wasp"];

/** Two hidden layers and a classifier of `classes` without labels. */
function small(classes = 3): Model {
  const net = network(4);
  const x = flatten(net, input(net, "x", ["batch", 4, 1, 1]), { name: "flatten" });
  const first = relu(net, linear(net, x, { name: "layer1", features: 6 }), { name: "relu1" });
  const second = relu(net, linear(net, first, { name: "layer2", features: 5 }), { name: "relu2" });
  output(net, linear(net, second, { name: "fc", features: classes }));
  return toModel(net, { name: "small" });
}

const count = 10;
const data: Dataset = {
  ...arrays({
    inputs: { x: tensor("float32", [count, 4, 1, 1], hashed("x", 4 * count)) },
    targets: tensor("int64", [count], Array.from({ length: count }, (_, i) => i % 3)),
  }),
  classes: CLASSES,
};

const quiet = { batchSize: 4, verbose: false, seed: 3 } as const;
const run = (options: FineTuneOptions, model = small()) =>
  fineTune(model, data, { ...quiet, ...options });
const weight = (model: Model, name: string) => model.parameters.get(name)!.value.data;

Deno.test("fineTune() trains the classifier first and then everything", async () => {
  const model = small();
  const first = await run({ plan: [{ train: "head", epochs: 2 }] }, model);
  assertEquals(weight(first.model, "layer2.weight"), weight(model, "layer2.weight"));
  const { model: tuned, history, phases } = await run({ freezeEpochs: 2, epochs: 3 }, model);
  for (const name of ["layer1.weight", "layer2.bias", "fc.weight"]) {
    assert(weight(tuned, name).some((number, i) => number !== weight(model, name)[i]), name);
  }
  assertEquals(phases.map(({ epochs }) => epochs.length), [2, 3]);
  assertEquals(history.epochs.map(({ epoch }) => epoch), [1, 2, 3, 4, 5]);
  assertEquals(tuned.classes, CLASSES);
});

Deno.test("fineTune() can have fastai's learning rates", () => {
  const model = small();
  const fastai = { freezeEpochs: 1, epochs: 5, learningRate: 2e-3, divide: 2, spread: 100 };
  const plan = twoPhases(model, fastai);
  // fit_one_cycle(1, slice(2e-3), pct_start=0.99), then (5, slice(1e-5, 1e-3), pct_start=0.3, div=5)
  assertEquals(plan.map(({ train, epochs, learningRate }) => [train, epochs, learningRate]), [
    ["head", 1, 2e-3],
    ["all", 5, 1e-3],
  ]);
  const { groups } = plan[1]!;
  const rules = resolveGroups(model, { optimizer: adamW({ learningRate: 1e-3 }), groups: groups! });
  assertEquals(
    ["layer1.weight", "layer2.bias", "fc.weight"].map((name) => rules.get(name)!.ratio.toFixed(9)),
    ["0.010000000", "0.100000000", "1.000000000"],
  );
  const [first, second] = plan.map(({ schedule }) => (step: number) => schedule!(step, 1000, 100));
  assertAlmostEquals(first!(0), 1 / 25, 1e-12);
  assertAlmostEquals(first!(989), 1, 1e-12);
  assertAlmostEquals(second!(0), 1 / 5, 1e-12);
  assertAlmostEquals(second!(299), 1, 1e-12);
  assertAlmostEquals(second!(999), 1e-5, 1e-12);
  const numbers = { freezeEpochs: 0, epochs: 1, learningRate: 1, divide: 1, spread: 1 };
  assertEquals(twoPhases(model, numbers).length, 1);
});

Deno.test("a phase of fineTune() is fit() with its options", async () => {
  const optimizer = sgd({ learningRate: 0.2, momentum: 0.5 });
  const schedule = constant();
  const plan = [
    { train: "head", epochs: 1, learningRate: 0.05 },
    { train: ["head", /^layer2/], epochs: 2, learningRate: { from: 0.01, to: 0.04 }, batchSize: 5 },
  ] as const;
  const { history, model } = await run({ plan, optimizer, schedule });
  assertEquals(history.epochs.map(({ learningRate }) => learningRate), [0.05, 0.04, 0.04]);
  assertEquals(weight(model, "layer1.weight"), weight(small(), "layer1.weight"));
  assertEquals(
    [...model.parameters.values()].filter(({ trainable }) => trainable).map(({ name }) => name),
    ["layer2.weight", "layer2.bias", "fc.weight", "fc.bias"],
  );
  const alone = await fit(small(), { ...data }, {
    ...quiet,
    epochs: 3,
    optimizer: sgd({ learningRate: 0.05, momentum: 0.5 }),
    schedule,
  });
  const whole = await run({ plan: [{ train: "all", epochs: 3, learningRate: 0.05 }], optimizer });
  assertEquals(weight(whole.model, "layer1.weight"), weight(alone.model, "layer1.weight"));
});

Deno.test("fineTune() gives a model the classifier that the data need", async () => {
  const one = { freezeEpochs: 0, epochs: 1, learningRate: 1e-9 };
  const replaced = await run(one, small(7));
  assertEquals(replaced.model.outputs[0]!.shape, ["batch", 3]);
  const kept = await run(one);
  const [before, after] = [small(), kept.model].map((model) => weight(model, "fc.weight"));
  assertAlmostEquals(Number(before![0]), Number(after![0]), 1e-6);
  const { graph } = small();
  const labelled = modelFromGraph(graph, { name: "labelled", classes: ["cat", "dog", "owl"] });
  assertEquals((await run(one, labelled)).model.classes, CLASSES);
  const { classes: _, ...plain } = data;
  const other = await fineTune(labelled, plain, { ...quiet, ...one });
  assertEquals(other.model.classes, ["cat", "dog", "owl"]);
});

/** Runs `test` in a folder of its own. */
async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const [claim, batch] of [["the first phase", 2], ["the second phase", 8]] as const) {
  Deno.test(`a plan that was ended in ${claim} goes on there, bit for bit`, () =>
    inFolder(async (checkpoint) => {
      const plan = [{ train: "head", epochs: 2 }, { train: "all", epochs: 3, learningRate: 0.1 }];
      const options = { plan, optimizer: sgd({ learningRate: 0.5, momentum: 0.9 }) };
      const whole = await run(options);
      const stop = new AbortController();
      let asked = 0;
      // Three batches an epoch.
      const schedule = () => (++asked === batch && stop.abort(), 1);
      const cut = await run({
        ...options,
        plan: plan.map((phase) => ({ ...phase, schedule })),
        signal: stop.signal,
        checkpoint,
      });
      assertEquals([cut.stopped, cut.phases.length], ["the signal ended it", batch < 6 ? 1 : 2]);
      const resumed = await run({ ...options, checkpoint });
      for (const name of whole.model.parameters.keys()) {
        assertEquals(weight(resumed.model, name), weight(whole.model, name), name);
      }
      const losses = (one: typeof whole) => one.history.epochs.map(({ loss }) => loss);
      assertEquals(losses(resumed), losses(whole));
      const files = [...Deno.readDirSync(checkpoint)].map(({ name }) => name).sort();
      assertEquals(files, ["phase-1", "phase-2", "plan.json"]);
      const again = await run({ ...options, checkpoint });
      assertEquals(again.history, resumed.history);
    }));
}

Deno.test("checkpoints of a plan with other epochs before the last phase are refused", () =>
  inFolder(async (folder) => {
    const checkpoint = { folder: join(folder, "run"), keepLast: 2 };
    await run({ freezeEpochs: 1, epochs: 1, checkpoint });
    await assertRejects(
      () => run({ freezeEpochs: 2, epochs: 1, checkpoint }),
      RangeError,
      "phases of 1, 1 epochs; found 2, 1",
    );
    const longer = await run({ freezeEpochs: 1, epochs: 2, checkpoint });
    assertEquals(longer.history.epochs.length, 3);
  }));

Deno.test("a divergence carries the epochs of all phases", async () => {
  const plan = [
    { train: "head", epochs: 2, learningRate: 1e-3 },
    { train: "all", epochs: 2, learningRate: 1e30 },
  ];
  const error = await assertRejects(() => run({ plan, optimizer: sgd() }), DivergenceError);
  assertEquals(error.history.epochs.map(({ epoch }) => epoch), [1, 2]);
  assert((weight(error.model, "fc.weight") as Float32Array).every(Number.isFinite));
});

Deno.test("fineTune() says what is wrong before it begins", async () => {
  const phase = { train: "head", epochs: 1 };
  for (
    const [options, says] of [
      [{ epochs: 0 }, 'fineTune(): option "epochs"'],
      [{ spread: 0.5 }, "spread"],
      [{ divide: 0 }, "divide"],
      [{ plan: [phase], epochs: 2 }, '"plan" and "epochs" exclude each other'],
      [{ plan: [] }, "plan"],
      [{ plan: [phase, { epochs: 1 }] }, "plan[1].train"],
      [{ plan: [phase, { ...phase, epochs: 0 }] }, "plan[1].epochs"],
      [{ plan: [phase, { ...phase, batchSize: -1 }] }, 'fit(): option "batchSize"'],
      [{ plan: [phase, { ...phase, train: "layer9.weight" }] }, "layer9.weight"],
      [{ epocs: 3 }, 'unknown option "epocs"'],
      [{ checkpoint: 3 }, "checkpoint"],
    ] as const
  ) {
    const begun: unknown[] = [];
    const callbacks = [{ onStart: () => void begun.push(options) }];
    await assertRejects(() => run({ callbacks, ...options } as FineTuneOptions), Error, says);
    assertEquals(begun, []);
  }
});
