import { create, toBinary } from "@bufbuild/protobuf";
import * as pb from "../../../src/onnx/wire/onnx_pb.ts";
import type { Graph, Value } from "../../../src/onnx/graph.ts";
import { typeNumber } from "../../../src/onnx/passes/known.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
const bytes = (s: string) => new TextEncoder().encode(s);
const tp = (t: Tensor, name: string) =>
  create(pb.TensorProtoSchema, {
    name,
    dims: t.dims.map(BigInt),
    dataType: typeNumber(t.type),
    rawData: new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.byteLength),
  });
const vi = (v: Value) =>
  create(pb.ValueInfoProtoSchema, {
    name: v.name,
    type: {
      value: {
        case: "tensorType",
        value: {
          elemType: typeNumber(v.type!),
          ...(v.shape && {
            shape: {
              dim: v.shape.map((d) => ({
                value: typeof d === "number"
                  ? { case: "dimValue" as const, value: BigInt(d) }
                  : { case: "dimParam" as const, value: d },
              })),
            },
          }),
        },
      },
    },
  });
export function encodeGraph(graph: Graph): Uint8Array {
  const node = graph.sorted().map((n) =>
    create(pb.NodeProtoSchema, {
      opType: n.opType,
      domain: n.domain,
      name: n.name,
      input: n.inputs.map((v) => v?.name ?? ""),
      output: n.outputs.map((v) => v?.name ?? ""),
      attribute: [...n.attributes].map(([name, a]) => {
        const T = pb.AttributeProto_AttributeType;
        switch (a.kind) {
          case "int":
            return create(pb.AttributeProtoSchema, { name, type: T.INT, i: BigInt(a.value) });
          case "float":
            return create(pb.AttributeProtoSchema, { name, type: T.FLOAT, f: a.value });
          case "string":
            return create(pb.AttributeProtoSchema, { name, type: T.STRING, s: bytes(a.value) });
          case "ints":
            return create(pb.AttributeProtoSchema, {
              name,
              type: T.INTS,
              ints: a.value.map((v) => v >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(v)),
            });
          case "floats":
            return create(pb.AttributeProtoSchema, { name, type: T.FLOATS, floats: [...a.value] });
          case "tensor":
            return create(pb.AttributeProtoSchema, { name, type: T.TENSOR, t: tp(a.value, "") });
          default:
            throw new Error(a.kind);
        }
      }),
    })
  );
  const model = create(pb.ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [...graph.opsets].map(([domain, v]) => ({ domain, version: BigInt(v) })),
    graph: {
      name: "g",
      node,
      input: graph.inputs.map(vi),
      output: graph.outputs.map(vi),
      initializer: graph.constants().map((v) => tp(v.constant!, v.name)),
    },
  });
  return toBinary(pb.ModelProtoSchema, model);
}
