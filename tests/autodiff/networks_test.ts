/** Whole networks against the golden files of `golden/`, made by `golden/make_golden.py`. */
import { assert, assertEquals } from "@std/assert";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { arrays } from "../../src/data/arrays.ts";
import type { Model } from "../../src/onnx/model.ts";
import { readModel } from "../../src/onnx/read_model.ts";
import { ModelProtoSchema } from "../../src/onnx/wire/onnx_pb.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { fit } from "../../src/train/fit.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { adamW } from "../../src/train/optimizers/adamw.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { compareGradients, drawnWeight, type Golden, hashed } from "./golden_numbers.ts";

/**
 * How far each parameter's gradient may be off, relative to its length. Small gradients are sums of
 * large terms that cancel; in MobileNetV2 some unit lands on the other side of a kink, as it would
 * in PyTorch's float32 at other inputs.
 */
const NETWORKS = {
  digit_cnn: 1e-5,
  squeezenet1_1: 1e-5,
  mobilenet_v2: 1e-2,
  mobilenet_v3_small: 1e-3,
  shufflenet_v2_x0_5: 1e-3,
  efficientnet_b0: 1e-3,
} as const;

const OPTIMIZERS = {
  sgd: (learningRate: number) => sgd({ learningRate, momentum: 0.9 }),
  adam: (learningRate: number) => adam({ learningRate }),
  adamW: (learningRate: number) => adamW({ learningRate, weightDecay: 0.01 }),
};

for (const [name, bound] of Object.entries(NETWORKS)) {
  Deno.test(`${name} has PyTorch's float64 gradients and follows its losses`, async () => {
    const golden = await goldenOf(name);
    const model = await modelOf(name);
    const numbers = hashed("x", sizeOf(golden.inputShape)).map((u) => 2 * u);
    const x = tensor("float32", golden.inputShape, numbers);
    const targets = tensor("int64", [golden.targets.length], golden.targets);
    const { batchNorm } = golden;
    const { loss, gradients, outputs } = await valueAndGrad(model, { x }, targets, { batchNorm });
    within(loss, golden.losses[0]!, 1e-5, "loss");
    const logits = Array.from(Object.values(outputs)[0]!.data as Float32Array);
    const largest = Math.max(...golden.logits.map(Math.abs));
    logits.forEach((one, i) => assert(Math.abs(one - golden.logits[i]!) < 1e-4 * largest));
    assertEquals([...gradients.keys()].sort(), Object.keys(golden.gradients).sort());
    assertEquals(compareGradients(gradients, golden, bound), []);

    const { history } = await fit(model, arrays({ inputs: { x }, targets }), {
      epochs: golden.losses.length,
      batchSize: golden.targets.length,
      optimizer: OPTIMIZERS[golden.optimizer](golden.learningRate),
      batchNorm,
      shuffle: false,
      device: "cpu",
      verbose: false,
    });
    history.epochs.forEach(({ loss }, step) =>
      within(loss, golden.losses[step]!, 1e-3, `loss before step ${step + 1}`)
    );
  });
}

Deno.test("the comparison with golden gradients finds what is wrong", async () => {
  const golden = await goldenOf("digit_cnn");
  const model = await modelOf("digit_cnn");
  const numbers = hashed("x", sizeOf(golden.inputShape)).map((u) => 2 * u);
  const x = tensor("float32", golden.inputShape, numbers);
  const targets = tensor("int64", [golden.targets.length], golden.targets);
  const { gradients } = await valueAndGrad(model, { x }, targets);
  const wrong = (name: string, change: (data: Float32Array) => void) => {
    const { dims, data } = gradients.get(name)!;
    const copy = data.slice();
    change(copy);
    const changed = new Map(gradients).set(name, tensor("float32", dims, copy));
    return compareGradients(changed, golden, 1e-5).length;
  };
  assertEquals(wrong("conv1.weight", () => {}), 0);
  assert(wrong("conv1.weight", (data) => data.forEach((g, i) => data[i] = 1.001 * g)) > 0);
  assert(wrong("fc2.bias", (data) => data.forEach((g, i) => data[i] = -g)) > 0);
  assert(wrong("fc1.weight", (data) => data.reverse()) > 0);
  assert(wrong("conv2.bias", (data) => data.fill(0)) > 0);
});

function within(found: number, expected: number, bound: number, what: string): void {
  const off = Math.abs(found - expected) / Math.abs(expected);
  assert(off <= bound, `${what}: ${found}, expected ${expected}, off by ${off}`);
}

async function goldenOf(name: string): Promise<Golden> {
  return JSON.parse(await Deno.readTextFile(file(`${name}.json`))) as Golden;
}

/** The network with the weights that its parameters' names give. */
async function modelOf(name: string): Promise<Model> {
  const packed = (await Deno.open(file(`${name}.onnx.gz`))).readable;
  const bytes = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).bytes();
  const proto = fromBinary(ModelProtoSchema, bytes);
  for (const weight of proto.graph!.initializer) {
    const dims = weight.dims.map(Number);
    if (weight.rawData.length > 0 || sizeOf(dims) === 0) continue;
    weight.rawData = new Uint8Array(drawnWeight(weight.name, dims).buffer);
  }
  return await readModel(toBinary(ModelProtoSchema, create(ModelProtoSchema, proto)), { name });
}

function file(name: string): URL {
  return new URL(`golden/${name}`, import.meta.url);
}
