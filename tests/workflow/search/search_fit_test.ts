import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { arrays } from "../../../src/data/arrays.ts";
import { Graph } from "../../../src/onnx/graph.ts";
import { linear } from "../../../src/onnx/heads/layers.ts";
import type { Model } from "../../../src/onnx/model.ts";
import { modelFromGraph } from "../../../src/onnx/model_from_graph.ts";
import { replaceHead } from "../../../src/onnx/replace_head.ts";
import { freeze } from "../../../src/onnx/select.ts";
import type { Dataset } from "../../../src/tensor/dataset.ts";
import { rng } from "../../../src/tensor/rng.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import { evaluate } from "../../../src/train/evaluate.ts";
import { fit } from "../../../src/train/fit.ts";
import { adamW } from "../../../src/train/optimizers/adamw.ts";
import { sgd } from "../../../src/train/optimizers/sgd.ts";
import { oneCycle } from "../../../src/train/schedules/one_cycle.ts";
import { searchFit, type SearchFitOptions } from "../../../src/workflow/search/search_fit.ts";
import { choice, logUniform, type Space, uniform } from "../../../src/workflow/search/space.ts";
import { asha, grid, random } from "../../../src/workflow/search/strategy.ts";

const COUNT = 24;
const CLASSES = 3;
const WIDTH = 24;

/** Two frozen layers and a head. */
function network(): Model {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const random = rng("network");
  const draw = (name: string, dims: readonly number[]) =>
    graph.addConstant(
      name,
      tensor(
        "float32",
        dims,
        Array.from({ length: dims[0]! * (dims[1] ?? 1) }, () => 0.3 * random.normal()),
      ),
    );
  const x = graph.addInput("x", "float32", ["N", WIDTH]);
  const first = graph.add("Gemm", [x, draw("fc1.weight", [WIDTH, 12]), draw("fc1.bias", [12])]);
  const hidden = graph.add("Tanh", [first.outputs[0]!]).outputs[0]!;
  const second = graph.add("MatMul", [hidden, draw("fc2.weight", [12, 10])]).outputs[0]!;
  const features = graph.add("Tanh", [second]).outputs[0]!;
  const y = graph.add("Gemm", [features, draw("fc3.weight", [10, 9])], { outputs: ["y"] })
    .outputs[0]!;
  y.type = "float32";
  y.shape = ["N", 9];
  graph.outputs.push(y);
  const whole = modelFromGraph(graph, { name: "network" });
  return freeze(replaceHead(whole, { classes: CLASSES }), "backbone");
}

const model = network();

/** Rows of noise around one row a class; `counted.read` counts the examples asked for. */
function noise(seed: number) {
  const centre = rng("centres");
  const centres = Array.from({ length: CLASSES * WIDTH }, () => centre.normal());
  const random = rng("noise", seed);
  const numbers = Float32Array.from(
    { length: COUNT * WIDTH },
    (_, i) => centres[(Math.floor(i / WIDTH) % CLASSES) * WIDTH + i % WIDTH]! + 2 * random.normal(),
  );
  const x = tensor("float32", [COUNT, WIDTH], numbers);
  const targets = tensor("int64", [COUNT], Array.from({ length: COUNT }, (_, i) => i % CLASSES));
  const plain = arrays({ inputs: { x }, targets });
  const counted = { read: 0, hashed: 0 };
  const dataset: Dataset = {
    ...plain,
    get: (index, epoch) => {
      counted.read++;
      return plain.get(index, epoch);
    },
    fingerprint: () => {
      counted.hashed++;
      return plain.fingerprint!();
    },
  };
  return { dataset, counted };
}

const validation = noise(1).dataset;
const space = { learningRate: logUniform(1e-4, 1e-1), batchSize: choice([6, 8]) };
const options = {
  space,
  validation,
  strategy: random({ trials: 3 }),
  epochs: 2,
  device: "cpu",
  verbose: false,
} as const satisfies SearchFitOptions<typeof space>;

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const filesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);
const weights = (one: Model | undefined) =>
  [...one!.parameters.values()].filter(({ trainable }) => trainable).map(({ value }) => value);

Deno.test("searchFit() gives the best model, and computes frozen features once whatever the batch size", async () => {
  await withFolder(async (folder) => {
    const { dataset, counted } = noise(0);
    const strategy = grid({ points: 2 });
    const found = await searchFit(model, dataset, { ...options, strategy, folder });
    assertEquals(found.trials.length, 4);
    assertEquals(new Set(found.trials.map(({ values }) => values.batchSize)).size, 2);
    assertEquals(filesIn(join(folder, "features")).length, 2);
    assert(counted.read < COUNT + 20, `${counted.read} reads`);
    assertEquals(counted.hashed, 1);
    const report = await evaluate(found.model!, validation, { device: "cpu", verbose: false });
    assertEquals(report.accuracy, found.best!.score);
    assertEquals(found.best!.score, Math.max(...found.trials.map(({ score }) => score)));
    assertEquals(found.history!.epochs.length, 2);
    assert(found.complete);
    // Of the checkpoints only the best one's are left.
    assertEquals(filesIn(join(folder, "trials")), [String(found.best!.trial).padStart(4, "0")]);
  });
});

Deno.test("a trial of searchFit() is the fit of its values, to the bit", async () => {
  const { dataset } = noise(0);
  const { best, model: tuned } = await searchFit(model, dataset, {
    ...options,
    space: { ...space, optimizer: choice([sgd]), schedule: choice(["oneCycle"]) },
    strategy: random({ trials: 1 }),
  });
  const { learningRate, batchSize } = best!.values;
  const alone = await fit(model, dataset, {
    validation,
    batchSize,
    optimizer: sgd({ learningRate }),
    schedule: oneCycle(),
    epochs: 2,
    device: "cpu",
    verbose: false,
  });
  assertEquals(weights(tuned), weights(alone.model));
});

Deno.test("under asha() trials go on from their checkpoints, as if they had never stopped", async () => {
  const { dataset } = noise(0);
  const strategy = asha({ trials: 3, reduction: 3, minEpochs: 1, maxEpochs: 3 });
  const steps: number[] = [];
  const found = await searchFit(model, dataset, {
    ...options,
    strategy,
    schedule: oneCycle(),
    // The loss of training, which falls from epoch to epoch.
    monitor: "loss",
    callbacks: [{ onStep: ({ step }) => void steps.push(step) }],
  });
  assertEquals(found.records.map(({ epochs }) => epochs), [1, 1, 1, 3]);
  const { learningRate, batchSize } = found.trials.find(({ epochs }) => epochs === 3)!.values;
  const perEpoch = found.records.map(({ parameters }) =>
    Math.ceil(COUNT / Number(parameters.batchSize))
  );
  assertEquals(steps.length, perEpoch.slice(0, 3).reduce((a, b) => a + b) + 2 * perEpoch[3]!);
  assertEquals(steps.at(-1), 3 * perEpoch[3]!);
  assertEquals(found.best!.epochs, 3);
  const alone = await fit(model, dataset, {
    validation,
    batchSize,
    optimizer: adamW({ learningRate }),
    schedule: oneCycle(),
    epochs: 3,
    device: "cpu",
    verbose: false,
  });
  assertEquals(weights(found.model), weights(alone.model));
});

Deno.test("a search that is ended within a trial goes on to the same result", async () => {
  const whole = await searchFit(model, noise(0).dataset, options);
  await withFolder(async (folder) => {
    const controller = new AbortController();
    let steps = 0;
    const stopping = {
      onStep: () => {
        if (++steps === 9) controller.abort();
      },
    };
    const part = await searchFit(model, noise(0).dataset, {
      ...options,
      folder,
      callbacks: [stopping],
      signal: controller.signal,
    });
    assert(!part.complete && part.records.length < 3);
    const again = await searchFit(model, noise(0).dataset, { ...options, folder });
    assertEquals(again.records.map(({ score }) => score), whole.records.map(({ score }) => score));
    assertEquals(weights(again.model), weights(whole.model));
    // All is done: nothing is trained again.
    const { dataset, counted } = noise(0);
    assertEquals(
      weights((await searchFit(model, dataset, { ...options, folder })).model),
      weights(whole.model),
    );
    assertEquals(counted.read, 0);
    await assertRejects(
      () => searchFit(model, dataset, { ...options, folder, epochs: 3 }),
      RangeError,
      '"about" was',
    );
    await assertRejects(
      () => searchFit(model, noise(2).dataset, { ...options, folder }),
      RangeError,
      '"about" was',
    );
  });
});

Deno.test("what is unfrozen, the head's dropout and its width are searched, too", async () => {
  await withFolder(async (folder) => {
    const wide = {
      unfreeze: choice(["none", "fc2.weight"]),
      dropout: choice([0, 0.5]),
      hidden: choice([0, 16]),
    };
    const found = await searchFit(model, noise(0).dataset, {
      ...options,
      space: wide,
      strategy: grid(),
      epochs: 1,
      batchSize: 8,
      folder,
    });
    assertEquals(found.trials.length, 8);
    assertEquals(new Set(found.records.map(({ details }) => details!.loss)).size, 8);
    // Two frozen parts, each of training and validation data.
    assertEquals(filesIn(join(folder, "features")).length, 4);
    const { hidden, unfreeze } = found.best!.values;
    assertEquals(found.model!.parameters.has("head.1.weight"), hidden === 16);
    assertEquals(found.model!.parameters.get("fc2.weight")!.trainable, unfreeze === "fc2.weight");
  });
});

Deno.test("configure() makes trials of names of one's own; without it they are refused", async () => {
  const own = { scale: uniform(0.1, 1) };
  const found = await searchFit(model, noise(0).dataset, {
    ...options,
    space: own,
    strategy: random({ trials: 2 }),
    configure: ({ scale }, base) => ({
      model: replaceHead(base, { classes: CLASSES, head: linear(), seed: 5 }),
      options: { optimizer: sgd({ learningRate: 0.01 * scale }) },
    }),
  });
  assertEquals(found.history!.epochs[0]!.learningRate, 0.01 * found.best!.values.scale);
  const run = (space: Space, more = {}) =>
    searchFit(model, noise(0).dataset, { ...options, ...more, space } as never);
  await assertRejects(() => run(own), RangeError, '"configure"');
  await assertRejects(() => run({ learningrate: uniform(0, 1) }), RangeError, "learningRate");
  await assertRejects(() => run({ optimizer: choice(["adamm"]) }), RangeError, '"adamm"');
  await assertRejects(() => run(space, { strategy: 3 }), TypeError, '"strategy"');
});

Deno.test("a trial that diverges has failed, and the search goes on", async () => {
  const { trials, best } = await searchFit(model, noise(0).dataset, {
    ...options,
    space: {
      learningRate: choice([1e30, 1e-3]),
      weightDecay: choice([1]),
      optimizer: choice([sgd]),
    },
    strategy: grid(),
    epochs: 3,
  });
  assertEquals(best!.values.learningRate, 1e-3);
  assert(/became|not finite/.test(trials[1]!.failed!));
});
