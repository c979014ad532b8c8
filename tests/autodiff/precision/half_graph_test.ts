import { assert, assertEquals, assertRejects } from "@std/assert";
import { batchNorm, flatten, globalAveragePool, linear, relu } from "../../../models/layers.ts";
import { input, type Network, network, output, toModel } from "../../../models/network.ts";
import { conv2d, maxPool } from "../../../models/windows.ts";
import { buildTrainingGraph } from "../../../src/artifacts/training_graph.ts";
import type { HalfOptions } from "../../../src/autodiff/precision/to_half.ts";
import type { Graph, Node, Value } from "../../../src/onnx/graph.ts";
import { encodeGraph } from "../../../src/onnx/write_model.ts";
import { cpu } from "../../../src/runtime/onnxruntime.ts";
import { makeStatic } from "../../../src/runtime/static_graph.ts";

/** Convolutions around a batch normalisation, pooling, and two layers. */
function pictures(net: Network): Value {
  const x = input(net, "x", [4, 3, 8, 8]);
  const y = conv2d(net, x, { name: "conv", channels: 8, kernel: 3, padding: 1 });
  const z = relu(net, batchNorm(net, y, { name: "bn" }), { name: "act" });
  const w = conv2d(net, z, { name: "deep", channels: 8, kernel: 3, padding: 1 });
  const pooled = globalAveragePool(net, maxPool(net, w, { name: "max", kernel: 2 }), {
    name: "pool",
  });
  return layers(net, flatten(net, pooled, { name: "flat" }));
}

function numbers(net: Network): Value {
  return layers(net, input(net, "x", [4, 6]));
}

function layers(net: Network, x: Value): Value {
  const hidden = relu(net, linear(net, x, { name: "hidden", features: 5 }), { name: "relu" });
  return linear(net, hidden, { name: "fc", features: 3 });
}

async function trainingGraph(make: (net: Network) => Value, half: HalfOptions): Promise<Graph> {
  const net = network(1);
  output(net, make(net));
  const { graph, parameters } = toModel(net, { name: "made" });
  await makeStatic(graph, () => true);
  const batchNorms = [...graph.nodes].filter(({ opType }) => opType === "BatchNormalization");
  return buildTrainingGraph(graph, {
    parameters: [...parameters.keys()],
    loss: "crossEntropy",
    targets: { type: "int64", shape: [4] },
    batch: 4,
    batchNorms: new Set(batchNorms.map((node) => node.outputs[0]!.name)),
    half,
  }).graph;
}

/** What a node computes in: the types of the numbers that it reads and puts out. */
function typesOf(node: Node): Set<string> {
  const values = [...node.inputs, ...node.outputs];
  const types = values.flatMap((value) => value?.type ?? []);
  return new Set(types.filter((type) => type.includes("float")));
}

const cuda = { type: "float16", device: "cuda" } as const;

Deno.test("products and what follows them are half, normalisation, loss and sums float32", async () => {
  const graph = await trainingGraph(pictures, cuda);
  const byOperator = new Map<string, Set<string>>();
  for (const node of graph.nodes) {
    if (node.opType === "Cast") continue;
    const known = byOperator.get(node.opType) ?? new Set<string>();
    byOperator.set(node.opType, known.union(typesOf(node)));
  }
  const half = ["Conv", "Gemm", "MaxPool"];
  for (const name of half) assertEquals([...byOperator.get(name)!], ["float16"], name);
  const single = ["BatchNormalization", "LogSoftmax", "ReduceSum", "GlobalAveragePool"];
  for (const name of single) assertEquals([...byOperator.get(name)!], ["float32"], name);
  const acts = [...graph.nodes].filter(({ opType }) => opType === "Relu");
  // The first follows batch normalisation, the second a product.
  assertEquals(acts.map((node) => [...typesOf(node)]), [["float32"], ["float16"]]);
  for (const value of graph.outputs) assertEquals(value.type, "float32", value.name);
});

Deno.test("numbers are cast no more than they must be, each weight once", async () => {
  const graph = await trainingGraph(pictures, cuda);
  const casts = [...graph.nodes].filter((node) => node.opType === "Cast");
  for (const node of casts) {
    assert(node.inputs[0]!.producer?.opType !== "Cast", `${node} casts what was cast`);
  }
  const read = (name: string) => casts.filter((node) => node.inputs[0]!.name === name).length;
  for (const name of ["conv", "deep", "hidden", "fc"]) {
    assertEquals(read(`${name}.weight`), 1, name);
  }
  assertEquals(read("bn.weight"), 0);
  const pairs = casts.map((node) => `${node.inputs[0]!.name} ${node.outputs[0]!.type}`);
  assertEquals(new Set(pairs).size, pairs.length);
});

Deno.test("the gradients of a loss in float16 are divided by its scale in float32", async () => {
  const graph = await trainingGraph(numbers, cuda);
  const scale = graph.value("graft_loss_scale");
  assertEquals([scale.type, scale.shape], ["float32", []]);
  const [inverse] = [...scale.consumers].filter(({ opType }) => opType === "Reciprocal");
  const divided = [...inverse!.outputs[0]!.consumers].map((node) => node.outputs[0]!);
  for (const value of divided) assert(graph.outputs.includes(value) && value.type === "float32");
  assertEquals(divided.length, 4);
});

Deno.test("bfloat16 on CUDA has types that ONNX knows, and no scale", async () => {
  const graph = await trainingGraph(numbers, { type: "bfloat16", device: "cuda" });
  assert(!graph.values.has("graft_loss_scale"));
  const products = [...graph.nodes].filter((node) => node.opType === "Gemm");
  for (const node of products) assertEquals([...typesOf(node)], ["bfloat16"]);
  // The CPU has no kernels for it, which it says once it has found the types in order.
  const error = await assertRejects(() => cpu.session(encodeGraph(graph)), Error);
  assert(error.message.includes("Could not find an implementation"), error.message);
});

Deno.test("a product that a device cannot compute in half is named", async () => {
  const error = await assertRejects(
    () => trainingGraph(pictures, { type: "bfloat16", device: "cuda" }),
    RangeError,
  );
  for (const part of ['"bfloat16"', '"cuda"', 'node "conv" (Conv)', '"float16"']) {
    assert(error.message.includes(part), error.message);
  }
});
