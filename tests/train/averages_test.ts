import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { batchNorm, flatten, linear } from "../../models/layers.ts";
import { input, network, output, toModel } from "../../models/network.ts";
import { conv2d } from "../../models/windows.ts";
import type { Model } from "../../src/onnx/model.ts";
import { withWeights } from "../../src/onnx/model_from_graph.ts";
import type { Dataset } from "../../src/tensor/dataset.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { fit, type FitOptions } from "../../src/train/fit.ts";
import { fitSettings } from "../../src/train/fit_options.ts";
import { sam } from "../../src/train/optimizers/sam.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { plateau } from "../../src/train/schedules/plateau.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import golden from "./golden/averages.json" with { type: "json" };

/** The network that `golden/make_averages.py` trains. */
function small(): Model {
  const net = network(0);
  const x = input(net, "x", ["batch", 3, 2, 2]);
  const layer = conv2d(net, x, { name: "conv", channels: 4, kernel: 1, bias: false });
  const flat = flatten(net, batchNorm(net, layer, { name: "bn" }), { name: "flatten" });
  output(net, linear(net, flat, { name: "fc", features: 2 }));
  const model = toModel(net, { name: "small" });
  return withWeights(
    model,
    new Map(["conv.weight", "fc.weight", "fc.bias"].map((name) => {
      const { shape, size } = model.parameters.get(name)!;
      return [name, tensor("float32", shape, hashed(name, size))];
    })),
  );
}

const x = hashed("x", 84).map((u) => 2 * u + 1);
const y = hashed("y", 14);
const data: Dataset = {
  length: 7,
  get: (index) => ({
    inputs: { x: tensor("float32", [3, 2, 2], x.slice(12 * index, 12 * index + 12)) },
    target: tensor("float32", [2], y.slice(2 * index, 2 * index + 2)),
    weight: golden.weights[index]!,
  }),
};

function run(options: FitOptions) {
  return fit(small(), data, {
    epochs: 4,
    batchSize: 2,
    shuffle: false,
    loss: "mse",
    optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
    verbose: false,
    ...options,
  });
}

const constants = (model: Model) =>
  new Map(
    [...model.graph.values.values()].flatMap(({ name, constant }) =>
      constant?.type === "float32" ? [[name, constant.data as Float32Array]] : []
    ),
  );

for (
  const [claim, options, expected] of [
    ["takes PyTorch's steps", {}, golden.plain],
    ["gathers gradients by the weights of the examples", { accumulate: 2 }, golden.accumulated],
    ["gives PyTorch's exponential average", { average: { ema: 0.9 } }, golden.ema],
    [
      "gives an exponential average that starts gently",
      { average: { ema: { decay: 0.5, warmUp: true } } },
      golden.gentle,
    ],
    ["gives PyTorch's stochastic average", { average: { swa: { from: 0.5 } } }, golden.swa],
  ] satisfies readonly [string, FitOptions, Record<string, readonly number[]>][]
) {
  Deno.test(`fit() ${claim}`, async () => {
    const found = constants((await run(options)).model);
    for (const [name, numbers] of Object.entries(expected)) {
      numbers.forEach((number, i) =>
        assertAlmostEquals(found.get(name)![i]!, number, 2e-5 * Math.max(1, number), name)
      );
    }
  });
}

Deno.test("fit() validates with the averaged weights that it gives", async () => {
  for (const average of [{ ema: 0.9 }, { swa: true }] as const) {
    const { model, history } = await run({ average, validation: data });
    const { loss } = await evaluate(model, data, { loss: "mse", verbose: false });
    assertAlmostEquals(history.epochs.at(-1)!.validation!.loss, loss, 1e-6);
    // Until a stochastic average begins, the weights are the trained ones.
    if ("swa" in average) {
      const plain = await run({ validation: data, epochs: 4 });
      assertEquals(history.epochs[2]!.validation, plain.history.epochs[2]!.validation);
    }
  }
});

Deno.test("an average changes nothing of the training itself", async () => {
  const plain = await run({});
  const losses = plain.history.epochs.map(({ loss }) => loss);
  for (const average of [{ ema: 0.9 }, { swa: { from: 0 } }] as const) {
    const { model, history } = await run({ average });
    assertEquals(history.epochs.map(({ loss }) => loss), losses);
    assertNotEquals(constants(model).get("fc.bias"), constants(plain.model).get("fc.bias"));
  }
});

Deno.test("the last step of an epoch takes the batches that are left", async () => {
  const steps = new Set<number>();
  const schedule = (step: number, total: number, perEpoch: number) => {
    assertEquals([total, perEpoch], [8, 2]);
    steps.add(step);
    return 1;
  };
  // Four batches an epoch, in steps of three and one.
  await run({ accumulate: 3, schedule });
  assertEquals([...steps], [0, 1, 2, 3, 4, 5, 6, 7]);
});

/** The run whole, and the run ended by `cut` and taken up again, must be the same bit for bit. */
async function resumes(
  options: FitOptions,
  cut: (stop: () => void) => FitOptions,
): Promise<void> {
  const checkpoint = await Deno.makeTempDir();
  try {
    const whole = await run(options);
    const stop = new AbortController();
    const { signal } = stop;
    await run({ ...options, ...cut(() => stop.abort()), signal, checkpoint });
    assert(signal.aborted);
    const resumed = await run({ ...options, checkpoint });
    assertEquals(constants(resumed.model), constants(whole.model));
    const outcomes = (one: typeof whole) =>
      one.history.epochs.map(({ loss, learningRate, validation }) => [
        ...[loss, learningRate, validation],
      ]);
    assertEquals(outcomes(resumed), outcomes(whole));
  } finally {
    await Deno.remove(checkpoint, { recursive: true });
  }
}

for (
  const options of [
    { accumulate: 3 },
    { average: { ema: { decay: 0.9, warmUp: true } } },
    { average: { swa: { from: 0.25 } }, accumulate: 2 },
    { schedule: plateau({ patience: 0, factor: 0.5, threshold: 0.5 }), validation: data },
  ] satisfies FitOptions[]
) {
  Deno.test(`a run with ${Object.keys(options).join(" and ")} resumes bit for bit`, async () => {
    const { schedule } = { schedule: () => 1, ...options };
    // Four batches an epoch: these are within the third, between steps and within them.
    for (const batch of [10, 11]) {
      await resumes(options, (stop) => {
        let asked = 0;
        return { schedule: (...at) => (++asked === batch && stop(), schedule(...at)) };
      });
    }
  });
}

Deno.test("a stochastic average takes an epoch in once, though it ends while it validates", () =>
  resumes({ average: { swa: { from: 0.25 } }, validation: data }, (stop) => {
    let asked = 0;
    // The examples are asked for seven at a time; a quarter of the four epochs is one.
    const get: Dataset["get"] = (index) => (++asked === 20 && stop(), data.get(index));
    return { validation: { ...data, get } };
  }));

Deno.test("callbacks are told of steps, not of batches, and given the averaged weights", async () => {
  const events: unknown[] = [];
  let given: unknown;
  const { history, model } = await run({
    accumulate: 3,
    epochs: 2,
    average: { ema: 0.5 },
    callbacks: [{
      onStep: ({ step, count, loss }) => void events.push([step, count, loss]),
      onEpoch: (event) => void (given = event.weights()),
    }],
  });
  const [first, second] = events as [number, number, number][];
  assertEquals(events.map((event) => (event as number[]).slice(0, 2)), [
    ...[[1, 6], [2, 1], [3, 6], [4, 1]],
  ]);
  // By the weights of the examples.
  assertAlmostEquals((first![2] * 8.5 + second![2] * 0.25) / 8.75, history.epochs[0]!.loss, 1e-6);
  assertEquals(
    given,
    new Map(
      [...constants(model)].filter(([name]) => /conv|bn|fc/.test(name))
        .map(([name]) => [name, model.graph.value(name).constant!]),
    ),
  );
});

Deno.test("plateau() lowers the learning rate of a run", async () => {
  const { history } = await run({ schedule: plateau({ patience: 0, threshold: 0.9 }) });
  const rates = history.epochs.map(({ learningRate }) => learningRate);
  assert(rates[0] === 0.05 && rates[3]! < 0.006, rates.join());
});

Deno.test("fit() gathers no gradients for an optimizer that computes them twice", async () => {
  const optimizer = sam(sgd({ learningRate: 0.05 }));
  await assertRejects(
    () => run({ optimizer, accumulate: 2 }),
    RangeError,
    '"accumulate" must be 1',
  );
});

Deno.test("fit() names an average or accumulation that is wrong", () => {
  const settings = (options: unknown) => () => fitSettings(options as FitOptions);
  assertThrows(settings({ accumulate: 0 }), RangeError, "accumulate");
  assertThrows(settings({ accumulate: "2" }), TypeError, "accumulate");
  assertThrows(settings({ average: { ema: 1 } }), Error, "average");
  assertThrows(settings({ average: { swa: { from: 1 } } }), Error, "average");
  assertThrows(settings({ average: "ema" }), TypeError, "{ ema: 0.999 }");
});
