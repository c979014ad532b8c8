import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { digitCnn } from "../../../models/digit_cnn.ts";
import { mobilenetV2 } from "../../../models/mobilenet_v2.ts";
import { loadBackbone } from "../../../models/load_backbone.ts";
import { arrays } from "../../../src/data/arrays.ts";
import { bitFit } from "../../../src/onnx/adapters/bit_fit.ts";
import { lora } from "../../../src/onnx/adapters/lora.ts";
import { mergeAdapters } from "../../../src/onnx/adapters/merge_adapters.ts";
import { int, ints } from "../../../src/onnx/attribute.ts";
import { Graph } from "../../../src/onnx/graph.ts";
import type { Model } from "../../../src/onnx/model.ts";
import { modelFromGraph, withWeights } from "../../../src/onnx/model_from_graph.ts";
import { replaceHead } from "../../../src/onnx/replace_head.ts";
import { saveModel } from "../../../src/onnx/save_model.ts";
import { encodeGraph } from "../../../src/onnx/write_model.ts";
import { cpu } from "../../../src/runtime/onnxruntime.ts";
import { rng } from "../../../src/tensor/rng.ts";
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts";
import { fit } from "../../../src/train/fit.ts";
import { valueAndGrad } from "../../../src/train/value_and_grad.ts";
import { encoder, sequences } from "./encoder.ts";

interface Numbers {
  dims: number[];
  data: number[];
}
type GoldenCase =
  & Record<"x" | "weight" | "a" | "b" | "target" | "output" | "gradA" | "gradB", Numbers>
  & Record<"rank" | "alpha" | "groups" | "stride" | "padding" | "dilation" | "loss", number>
  & { kind: "linear" | "conv" };

const golden: { cases: Record<string, GoldenCase> } = JSON.parse(
  await Deno.readTextFile(new URL("golden/lora.json", import.meta.url)),
);
const float = ({ dims, data }: Numbers) => tensor("float32", dims, data);

/** The layer of a golden case as a model; `turned` stores a matrix `[in, out]`, for MatMul. */
function layer(row: GoldenCase, turned: boolean): Model {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const x = graph.addInput("x", "float32", ["N", ...row.x.dims.slice(1)]);
  const [out, into] = row.weight.dims as [number, number];
  const columns = Array.from(
    { length: out * into },
    (_, i) => row.weight.data[(i % out) * into + Math.floor(i / out)]!,
  );
  const weight = graph.addConstant(
    "layer.weight",
    turned ? tensor("float32", [into, out], columns) : float(row.weight),
  );
  const op = row.kind === "conv" ? "Conv" : row.x.dims.length === 2 ? "Gemm" : "MatMul";
  const attributes = op === "Conv"
    ? {
      group: int(row.groups),
      strides: ints([row.stride, row.stride]),
      dilations: ints([row.dilation, row.dilation]),
      pads: ints(new Array(4).fill(row.padding)),
    }
    : op === "Gemm"
    ? { transB: int(turned ? 0 : 1) }
    : {};
  const y = graph.add(op, [x, weight], { outputs: ["y"], attributes }).outputs[0]!;
  // What follows keeps the layer from being taken for a head.
  const z = graph.add("Sub", [y, graph.addConstant("nothing", tensor("float32", [], [0]))], {
    outputs: ["z"],
  }).outputs[0]!;
  z.type = "float32";
  z.shape = ["N", ...row.output.dims.slice(1)];
  graph.outputs.push(z);
  return modelFromGraph(graph, { name: "layer" });
}

function assertClose(found: Tensor, expected: Numbers, tolerance = 1e-5): void {
  assertEquals(found.dims, expected.dims);
  const largest = Math.max(...expected.data.map(Math.abs));
  expected.data.forEach((number, i) =>
    assertAlmostEquals(Number(found.data[i]), number, tolerance * largest)
  );
}

async function run(model: Model, x: Tensor): Promise<Tensor> {
  const session = await cpu.session(encodeGraph(model.graph, { source: model.source }));
  const results = await session.run({ x });
  await session.release();
  return results[model.outputs[0]!.name]!;
}

/** The model with B of every adapter drawn anew, as if it had been trained. */
function stirred(model: Model, seed = 1): Model {
  const random = rng("stirred", seed);
  const weights = [...model.parameters.values()].filter(({ name }) =>
    name.endsWith("lora_B.weight")
  )
    .map(({ name, shape, size }) =>
      [
        name,
        tensor("float32", shape, Array.from({ length: size }, () => 0.1 * random.normal())),
      ] as const
    );
  assert(weights.length > 0);
  return withWeights(model, new Map(weights));
}

for (const [name, row] of Object.entries(golden.cases)) {
  for (
    const turned of row.kind === "linear"
      ? [true, ...row.x.dims.length === 2 ? [false] : []]
      : [false]
  ) {
    Deno.test(`lora() beside a ${name}${turned ? " stored [in, out]" : ""} gives PyTorch's output and gradients, merged too`, async () => {
      const { rank, alpha } = row;
      const plain = layer(row, turned);
      const adapted = withWeights(
        lora(plain, { rank, alpha, targets: "all" }),
        new Map<string, Tensor>([
          ["layer.lora_A.weight", float(row.a)],
          ["layer.lora_B.weight", float(row.b)],
        ]),
      );
      const { loss, gradients, outputs } = await valueAndGrad(
        adapted,
        { x: float(row.x) },
        float(row.target),
        { loss: "mse" },
      );
      assertAlmostEquals(loss, row.loss, 1e-5 * row.loss);
      assertClose(outputs.z!, row.output);
      assertEquals([...gradients.keys()], ["layer.lora_A.weight", "layer.lora_B.weight"]);
      assertClose(gradients.get("layer.lora_A.weight")!, row.gradA);
      assertClose(gradients.get("layer.lora_B.weight")!, row.gradB);
      const merged = mergeAdapters(adapted);
      assertEquals([...merged.graph.values.keys()].sort(), [...plain.graph.values.keys()].sort());
      assertClose(await run(merged, float(row.x)), row.output);
    });
  }
}

Deno.test("lora() leaves the outputs of an encoder as they are to the bit, and trains what it says", async () => {
  const model = encoder();
  const { x, targets } = sequences(4);
  const adapted = lora(model, { rank: 2 });
  assertEquals((await run(adapted, x)).data, (await run(model, x)).data);
  const trained = [...adapted.parameters.values()].filter((one) => one.trainable).map((one) =>
    one.name
  );
  const modules = ["query", "key", "value", "out", "mlp.0", "mlp.1"];
  assertEquals(
    trained.sort(),
    [
      ...modules.flatMap((name) => [`${name}.lora_A.weight`, `${name}.lora_B.weight`]),
      ...["head.weight", "head.bias"],
    ].sort(),
  );
  assertEquals(adapted.parameters.get("mlp.0.lora_A.weight")!.shape, [2, 8]);
  assertEquals(adapted.parameters.get("mlp.0.lora_B.weight")!.shape, [12, 2]);
  const { gradients } = await valueAndGrad(adapted, { x }, targets);
  assertEquals([...gradients.keys()].sort(), trained.sort());
});

Deno.test("lora() adapts what the targets say, the head never, and once", () => {
  const modules = (model: Model) =>
    [...model.parameters.keys()].filter((name) => name.includes("lora_A")).map((name) =>
      name.split(".lora")[0]
    );
  const cnn = digitCnn({ classes: 10 });
  assertEquals(modules(lora(cnn)), ["fc1"]);
  assertEquals(modules(lora(cnn, { targets: "all" })), ["conv1", "conv2", "fc1"]);
  assertEquals(modules(lora(cnn, { targets: /conv2/ })), ["conv2"]);
  const twice = lora(lora(cnn, { targets: /conv2/, rank: 2 }), { targets: "fc1.weight", rank: 3 });
  assertEquals(modules(twice), ["conv2", "fc1"]);
  assertEquals(modules(mergeAdapters(twice)), []);
  assertThrows(
    () => lora(twice, { targets: "all" }),
    RangeError,
    '"conv2.weight" has an adapter already',
  );
  assertThrows(() => lora(cnn, { targets: "fc2.weight" }), RangeError, '"fc1.weight"');
  assertThrows(() => lora(cnn, { rank: 0 }), RangeError, '"rank"');
  const mobile = mobilenetV2({ classes: 4, sizePx: 32 });
  // A convolution in groups needs a rank that their number divides: one by one, 32 of them at least.
  assert(
    modules(lora(mobile, { targets: "all", rank: 8 })).every((name) =>
      name !== "features.1.conv.0.0"
    ),
  );
  assertThrows(() => lora(mobile), RangeError, '"all" takes the convolutions too');
});

Deno.test("one adapter serves layers that share a weight; a weight also read elsewhere has none", async () => {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const x = graph.addInput("x", "float32", ["N", 3]);
  const random = rng("shared");
  const draw = (name: string) =>
    graph.addConstant(
      name,
      tensor("float32", [3, 3], Array.from({ length: 9 }, () => random.normal())),
    );
  const [w, tied] = [draw("w.weight"), draw("tied.weight")];
  let y = x;
  for (const weight of [w, w, tied]) y = graph.add("MatMul", [y, weight]).outputs[0]!;
  y = graph.add("Add", [y, graph.add("ReduceSum", [tied]).outputs[0]!], { outputs: ["y"] })
    .outputs[0]!;
  y.type = "float32";
  y.shape = ["N", 3];
  graph.outputs.push(y);
  const adapted = lora(modelFromGraph(graph, { name: "sharing" }), { rank: 1 });
  assertEquals([...adapted.parameters.keys()].filter((name) => name.includes("lora")), [
    "w.lora_A.weight",
    "w.lora_B.weight",
  ]);
  const changed = stirred(adapted);
  const input = tensor("float32", [2, 3], [1, 2, 3, -1, 0, 2]);
  const expected = await run(changed, input);
  const merged = await run(mergeAdapters(changed), input);
  assertClose(merged, { dims: [2, 3], data: [...expected.data as Float32Array] });
});

Deno.test("an adapted encoder learns with its base untouched, and merged it answers the same", async () => {
  const model = lora(encoder(), { rank: 4, alpha: 8, dropout: 0.1 });
  const train = arrays({ inputs: { x: sequences(48).x }, targets: sequences(48).targets });
  const { model: tuned, history } = await fit(model, train, {
    epochs: 12,
    batchSize: 16,
    device: "cpu",
    verbose: false,
  });
  assert(history.epochs.at(-1)!.loss < 0.97 * history.epochs[0]!.loss);
  for (const [name, { value, trainable }] of model.parameters) {
    const same = tuned.parameters.get(name)!.value.data.every((number, i) =>
      number === value.data[i]
    );
    assertEquals(same, !trainable, name);
  }
  const { x } = sequences(8, 1);
  const merged = mergeAdapters(tuned);
  const [before, after] = [await evaluated(tuned, x), await evaluated(merged, x)];
  assertClose(after, { dims: [...before.dims], data: [...before.data as Float32Array] });
  assertEquals([...merged.parameters.keys()], [...encoder().parameters.keys()]);
  assertEquals([...merged.graph.nodes].length, [...encoder().graph.nodes].length);
});

/** Through the loss program, where dropout is off. */
async function evaluated(model: Model, x: Tensor): Promise<Tensor> {
  const targets = tensor("int64", [x.dims[0]!]);
  return (await valueAndGrad(model, { x }, targets)).outputs.logits!;
}

Deno.test("lora() on MobileNetV2 trains few weights, and merging gives back its operators", async () => {
  const backbone = mobilenetV2({ classes: 10, sizePx: 32, seed: 3 });
  const model = replaceHead(backbone, { classes: 2 });
  const adapted = lora(model, { targets: "all", rank: 4 });
  const sum = (of: Model) =>
    [...of.parameters.values()].filter((one) => one.trainable).reduce(
      (all, one) => all + one.size,
      0,
    );
  assert(sum(adapted) < 0.1 * sum(model), `${sum(adapted)} of ${sum(model)}`);
  const random = rng("mobile");
  const x = tensor(
    "float32",
    [4, 3, 32, 32],
    Array.from({ length: 4 * 3072 }, () => random.normal()),
  );
  const targets = tensor("int64", [4], [0, 1, 0, 1]);
  const data = arrays({ inputs: { x }, targets });
  const { model: tuned, history } = await fit(adapted, data, {
    epochs: 4,
    batchSize: 4,
    device: "cpu",
    verbose: false,
  });
  assert(history.epochs.at(-1)!.loss < history.epochs[0]!.loss);
  const merged = mergeAdapters(tuned);
  assertEquals([...merged.parameters.keys()], [...model.parameters.keys()]);
  const expected = await run(tuned, x);
  assertClose(await run(merged, x), {
    dims: [...expected.dims],
    data: [...expected.data as Float32Array],
  }, 2e-5);
});

Deno.test("a saved model keeps its adapters apart, to be merged once it is read again", async () => {
  const changed = stirred(lora(encoder(), { rank: 2 }));
  const file = await Deno.makeTempFile({ suffix: ".onnx" });
  try {
    await saveModel(changed, file);
    const again = await loadBackbone(file);
    const { x } = sequences(3);
    const expected = [...(await run(changed, x)).data as Float32Array];
    assertEquals([...(await run(again, x)).data as Float32Array], expected);
    const merged = mergeAdapters(again);
    assertEquals([...merged.parameters.keys()], [...encoder().parameters.keys()]);
    assertClose(await run(merged, x), { dims: [3, 3], data: expected });
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("bitFit() trains biases by their place, not their name, and the head", async () => {
  const trained = (model: Model) =>
    [...model.parameters.values()].filter((one) => one.trainable).map((one) => one.name);
  assertEquals(
    trained(bitFit(encoder())).sort(),
    [
      ...["query.bias", "value.bias", "out.bias", "norm1.bias", "mlp.0.bias", "mlp.1.bias"],
      ...["norm2.bias", "head.weight", "head.bias"],
    ].sort(),
  );
  const glyphs = await loadBackbone(new URL("../../../models/glyphs.onnx", import.meta.url).href);
  const some = bitFit(glyphs).parameters.values();
  for (const { name, shape, trainable, head } of some) {
    if (trainable && !head) assertEquals(shape.length, 1, name);
  }
  const row = golden.cases.gemm!;
  assertThrows(() => bitFit(layer(row, false)), RangeError, "no biases");
});
