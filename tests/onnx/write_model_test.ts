import { assert, assertEquals } from "@std/assert";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { InferenceSession, Tensor as PlainTensor } from "onnxruntime-node";
import { readModel } from "../../src/onnx/read_model.ts";
import { ModelProtoSchema } from "../../src/onnx/wire/onnx_pb.ts";
import { encodeModel } from "../../src/onnx/write_model.ts";
import { info, modelBytes, modelProto, node, type Parts, weight } from "./proto.ts";

const parts: Parts = {
  nodes: [node("Gemm", ["x", "w", "b"], ["h"]), node("Relu", ["h"], ["y"])],
  inputs: [info("x", ["N", 3])],
  outputs: [info("y", ["N", 2])],
  weights: [weight("w", [3, 2], [1, 2, 3, 4, 5, 6]), weight("b", [2], [-20, 1])],
};

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

async function computed(bytes: Uint8Array): Promise<number[]> {
  const session = await InferenceSession.create(bytes);
  const x = new PlainTensor("float32", Float32Array.of(1, 2, 3, -1, 0, 1), [2, 3]);
  return [...(await session.run({ x }))["y"]!.data as Float32Array];
}

Deno.test("a model that is read and written again computes the same", async () => {
  const bytes = modelBytes(parts);
  const again = joined(encodeModel(await readModel(bytes)));
  assertEquals(await computed(again), await computed(bytes));
  assertEquals(await computed(bytes), [2, 29, 0, 5]);
});

Deno.test("fields that the schema does not know survive in model, graph and node", async () => {
  const proto = modelProto(parts);
  const field = { no: 900, wireType: 0, data: Uint8Array.of(42) };
  proto.$unknown = [field];
  proto.graph!.$unknown = [field];
  proto.graph!.node[0]!.$unknown = [field];
  proto.docString = "a note";
  const model = await readModel(toBinary(ModelProtoSchema, proto));
  const again = fromBinary(ModelProtoSchema, joined(encodeModel(model)));
  assertEquals(again.$unknown, [field]);
  assertEquals(again.graph!.$unknown, [field]);
  assertEquals(again.graph!.node[0]!.$unknown, [field]);
  assertEquals(again.docString, "a note");
  assertEquals(again.graph!.name, "small");
});

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
