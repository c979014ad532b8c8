import { assert, assertEquals, assertRejects } from "@std/assert";
import { encoder } from "../../bench/encoder.ts";
import { numbers } from "../../bench/steps.ts";
import {
  add,
  batchNorm,
  dropout,
  flatten,
  globalAveragePool,
  linear,
  relu,
} from "../../models/layers.ts";
import { input, network, output, toModel } from "../../models/network.ts";
import { conv2d, maxPool } from "../../models/windows.ts";
import type { Model } from "../../src/onnx/model.ts";
import { fit, type FitOptions } from "../../src/train/fit.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";

const BATCH = 4;

/** Six residual blocks with batch normalisation and dropout behind a convolution and a max pool. */
function residual(): Model {
  const net = network(0);
  let x = input(net, "x", ["batch", 3, 16, 16]);
  const conv = (name: string, from: typeof x) =>
    batchNorm(
      net,
      conv2d(net, from, { name, channels: 16, kernel: 3, padding: 1, bias: false }),
      { name: `${name}.norm` },
    );
  x = maxPool(net, relu(net, conv("stem", x), { name: "stem.relu" }), { name: "pool", kernel: 2 });
  for (let at = 0; at < 6; at++) {
    const name = `block${at}`;
    const inner = relu(net, conv(`${name}.a`, x), { name: `${name}.relu` });
    const dropped = dropout(net, inner, { name: `${name}.dropout`, ratio: 0.2 });
    const sum = add(net, [x, conv(`${name}.b`, dropped)], { name: `${name}.sum` });
    x = relu(net, sum, { name });
  }
  x = flatten(net, globalAveragePool(net, x, { name: "mean" }), { name: "flatten" });
  output(net, linear(net, x, { name: "head", features: 10 }));
  return toModel(net, { name: "residual" });
}

/** What training by some steps comes to; one step's weights show its gradients. */
async function trained(model: Model, options: FitOptions) {
  const { model: made, history } = await fit(model, numbers(model, BATCH), {
    epochs: 1,
    batchSize: BATCH,
    optimizer: sgd({ learningRate: 0.1 }),
    device: "cpu",
    verbose: false,
    ...options,
  });
  return { weights: made.parameters, losses: history.epochs.map((epoch) => epoch.loss) };
}

function largestDifference(a: Model["parameters"], b: Model["parameters"]): number {
  let most = 0;
  for (const [name, { value, type }] of a) {
    if (type !== "float32") continue;
    const [left, right] = [value.data, b.get(name)!.value.data] as [Float32Array, Float32Array];
    left.forEach((one, i) => most = Math.max(most, Math.abs(one - right[i]!)));
  }
  return most;
}

const networks: Readonly<Record<string, () => Model>> = {
  "a residual network": residual,
  "a transformer encoder": () => encoder({ layers: 6, width: 16, heads: 2, length: 8 }),
};

for (const [name, make] of Object.entries(networks)) {
  Deno.test(`memory "low" gives ${name} the weights and statistics of "normal"`, async () => {
    const model = make();
    const normal = await trained(model, { memory: "normal" });
    const low = await trained(model, { memory: "low" });
    assert(largestDifference(model.parameters, normal.weights) > 1e-4, "nothing was learned");
    assert(largestDifference(normal.weights, low.weights) < 1e-6);
  });
}

Deno.test('memory "low" resumes a run exactly', async () => {
  const folder = await Deno.makeTempDir();
  try {
    const model = residual();
    const options = { memory: "low", checkpoint: folder } as const;
    const whole = await trained(model, { memory: "low", epochs: 3 });
    await trained(model, { ...options, epochs: 1 });
    const resumed = await trained(model, { ...options, epochs: 3 });
    assertEquals(resumed.losses, whole.losses);
    assertEquals(largestDifference(whole.weights, resumed.weights), 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("fit() refuses a memory it does not know", async () => {
  const memory = "tiny" as "low";
  await assertRejects(() => trained(residual(), { memory }), RangeError, '"memory"');
});
