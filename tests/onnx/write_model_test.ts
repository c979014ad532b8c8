import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { InferenceSession, Tensor as PlainTensor } from "onnxruntime-node";
import { Graph } from "../../src/onnx/graph.ts";
import { readModel } from "../../src/onnx/read_model.ts";
import { withWeights } from "../../src/onnx/model_from_graph.ts";
import { ModelProtoSchema } from "../../src/onnx/wire/onnx_pb.ts";
import { encodeGraph, encodeModel } from "../../src/onnx/write_model.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { sharedTest } from "../shared.ts";
import {
  info,
  modelBytes,
  modelProto,
  node,
  type Parts,
  tensorProto,
  TYPE,
  weight,
} from "./proto.ts";

const parts: Parts = {
  nodes: [node("Gemm", ["x", "w", "b"], ["h"]), node("Relu", ["h"], ["y"])],
  inputs: [info("x", ["N", 3])],
  outputs: [info("y", ["N", 2])],
  weights: [weight("w", [3, 2], [1, 2, 3, 4, 5, 6]), weight("b", [2], [-20, 1])],
};

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

/** The first output of a model in plain ONNX Runtime. */
async function run(bytes: Uint8Array, data: Float32Array, dims: number[]): Promise<number[]> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const feeds = { [session.inputNames[0]!]: new PlainTensor("float32", data, dims) };
  return [...(await session.run(feeds))[session.outputNames[0]!]!.data as Float32Array];
}

function computed(bytes: Uint8Array): Promise<number[]> {
  return run(bytes, Float32Array.of(1, 2, 3, -1, 0, 1), [2, 3]);
}

const sines = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(i + 1));

/** Published files, several of which hold a batch of 1, and the shape of one example. */
const NETWORKS = [
  ["cifar10-resnet20", [3, 32, 32]],
  ["mnist-cntk", [1, 28, 28]],
  ["mnist-pytorch", [1, 28, 28]],
  ["mobilenetv2-7", [3, 224, 224]],
  ["squeezenet1.1", [3, 224, 224]],
] as const;

Deno.test("a model that is read and written again computes the same", async () => {
  const bytes = modelBytes(parts);
  const again = joined(encodeModel(await readModel(bytes)));
  assertEquals(await computed(again), await computed(bytes));
  assertEquals(await computed(bytes), [2, 29, 0, 5]);
});

Deno.test("fields that the schema does not know survive in every message", async () => {
  const proto = modelProto(parts);
  const field = { no: 900, wireType: 0, data: Uint8Array.of(42) };
  proto.$unknown = [field];
  proto.graph!.$unknown = [field];
  proto.graph!.node[0]!.$unknown = [field];
  proto.graph!.initializer[0]!.$unknown = [field];
  proto.graph!.initializer[0]!.docString = "trained on ants";
  proto.graph!.input[0]!.$unknown = [field];
  proto.graph!.output[0]!.$unknown = [field];
  proto.docString = "a note";
  const model = await readModel(toBinary(ModelProtoSchema, proto));
  const again = fromBinary(ModelProtoSchema, joined(encodeModel(model)));
  assertEquals(again.$unknown, [field]);
  assertEquals(again.graph!.$unknown, [field]);
  assertEquals(again.graph!.node[0]!.$unknown, [field]);
  assertEquals(again.graph!.initializer[0]!.$unknown, [field]);
  assertEquals(again.graph!.initializer[0]!.docString, "trained on ants");
  assertEquals(again.graph!.input[0]!.$unknown, [field]);
  assertEquals(again.graph!.output[0]!.$unknown, [field]);
  assertEquals(again.docString, "a note");
  assertEquals(again.graph!.name, "small");
});

Deno.test("weights with fields of their own, and typed ones, are written right", async () => {
  const proto = modelProto(parts);
  const bias = proto.graph!.initializer[1]!;
  const numbers = new Uint8Array(Float32Array.of(-20, 1).buffer);
  bias.rawData = new Uint8Array();
  bias.$unknown = [
    { no: 4, wireType: 2, data: Uint8Array.of(8, ...numbers) },
    { no: 900, wireType: 0, data: Uint8Array.of(42) },
  ];
  const bytes = toBinary(ModelProtoSchema, proto);
  const again = joined(encodeModel(withWeights(await readModel(bytes), new Map())));
  const [field] = fromBinary(ModelProtoSchema, again).graph!.initializer[1]!.$unknown!;
  assertEquals(field!.no, 900, "the numbers are written once, raw");
  assertEquals(await computed(again), [2, 29, 0, 5]);
});

Deno.test("a baked batch, opset 7, weights among the inputs: any batch gives the same", async () => {
  const tall = {
    nodes: [
      node("Conv", ["x", "k"], ["c"]),
      node("Reshape", ["c", "shape"], ["f"]),
      node("Gemm", ["f", "w", "b"], ["y"]),
    ],
    inputs: [info("x", [1, 3, 8, 8]), info("k", [1, 3, 6, 6]), info("w", [9, 2])],
    outputs: [info("y", [1, 2])],
    weights: [
      weight("k", [1, 3, 6, 6], sines(108)),
      weight("w", [9, 2], sines(18)),
      weight("b", [2], [1, 2]),
      tensorProto({ name: "shape", dims: [2n], dataType: TYPE.int64, int64Data: [1n, 9n] }),
    ],
    opset: 7,
    irVersion: 3,
  };
  const bytes = modelBytes({
    ...tall,
    inputs: [...tall.inputs, info("b", [2]), info("shape", [2], TYPE.int64)],
  });
  const model = await readModel(bytes);
  assertEquals(model.inputs.map(({ name, shape }) => [name, shape]), [["x", ["batch", 3, 8, 8]]]);
  assertEquals(model.outputs[0]!.shape, ["batch", 2]);
  const pictures = Float32Array.from(sines(3 * 192));
  const three = await run(joined(encodeModel(model)), pictures, [3, 3, 8, 8]);
  const original = [];
  for (let n = 0; n < 3; n++) {
    original.push(...await run(bytes, pictures.slice(192 * n, 192 * (n + 1)), [1, 3, 8, 8]));
  }
  for (let i = 0; i < 6; i++) assertAlmostEquals(three[i]!, original[i]!, 1e-5);
});

for (const [name, dims] of NETWORKS) {
  sharedTest(
    `${name} read and written takes any batch`,
    [`data/models/${name}.onnx`],
    async (file) => {
      const bytes = await Deno.readFile(file!);
      const again = joined(encodeModel(await readModel(bytes)));
      const size = sizeOf(dims);
      const pictures = Float32Array.from(sines(2 * size));
      const both = await run(again, pictures, [2, ...dims]);
      for (const n of [0, 1]) {
        const one = await run(bytes, pictures.slice(size * n, size * (n + 1)), [1, ...dims]);
        const scale = Math.max(...one.map(Math.abs));
        one.forEach((number, i) =>
          assertAlmostEquals(both[n * one.length + i]!, number, 1e-5 * scale)
        );
      }
    },
  );
}

Deno.test("metadata of other programs survives", async () => {
  const proto = modelProto(parts);
  proto.metadataProps = [{ $typeName: "onnx.StringStringEntryProto", key: "author", value: "me" }];
  const model = await readModel(toBinary(ModelProtoSchema, proto));
  const again = fromBinary(ModelProtoSchema, joined(encodeModel(model)));
  assert(again.metadataProps.some((entry) => entry.key === "author" && entry.value === "me"));
});

Deno.test("weights are not copied on the way", async () => {
  const many = 1 << 16;
  const bytes = modelBytes({
    ...parts,
    weights: [weight("w", [3, 2], [1, 2, 3, 4, 5, 6]), weight("b", [2], [0, 0])],
    nodes: [...parts.nodes, node("Mul", ["big", "big"], ["square"])],
    outputs: [...parts.outputs, info("square", [many])],
  });
  const proto = fromBinary(ModelProtoSchema, bytes);
  proto.graph!.initializer.push(weight("big", [many], new Array(many).fill(0.5)));
  const file = toBinary(ModelProtoSchema, proto);
  // A weight may be viewed only where it lies at a multiple of its element size.
  const spots = [0, 1, 2, 3].map(async (shift) => {
    const memory = new Uint8Array(file.length + shift);
    memory.set(file, shift);
    const model = await readModel(memory.subarray(shift));
    const { data } = model.graph.value("big").constant!;
    const pieces = encodeModel(model);
    const written = pieces.find((piece) => piece.byteLength === 4 * many)!;
    assertEquals(written.buffer, data.buffer);
    return data.buffer === memory.buffer;
  });
  assertEquals((await Promise.all(spots)).filter((isView) => isView).length, 1);
});

Deno.test("encodeGraph() with gradientsFirst puts what nothing reads last, from the end to the start", () => {
  const graph = new Graph();
  graph.opsets.set("", 17);
  let x = graph.addInput("x", "float32", [2]);
  // A chain, and beside each link something that nothing reads.
  for (const at of [0, 1, 2]) {
    graph.outputs.push(graph.add("Neg", [x], { outputs: [`leaf${at}`] }).outputs[0]!);
    x = graph.add("Relu", [x], { outputs: [`link${at}`] }).outputs[0]!;
  }
  graph.outputs.push(graph.add("Neg", [x], { outputs: ["leaf3"] }).outputs[0]!);
  const order = (gradientsFirst: boolean) =>
    fromBinary(ModelProtoSchema, encodeGraph(graph, { gradientsFirst })).graph!.node
      .map(({ output }) => output[0]);
  assertEquals(order(true), ["link0", "link1", "link2", "leaf3", "leaf2", "leaf1", "leaf0"]);
  assertEquals(order(false), ["leaf0", "link0", "leaf1", "link1", "leaf2", "link2", "leaf3"]);
});
