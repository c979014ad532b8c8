import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from "../../src/onnx/wire/onnx_pb.ts";

/** ONNX's numbers of the element types used here. */
export const TYPE = {
  float: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  double: 11,
  bfloat16: 16,
};

/** A weight of float32, raw. */
export function weight(name: string, dims: readonly number[], numbers: readonly number[]) {
  const rawData = new Uint8Array(Float32Array.from(numbers).buffer);
  return tensorProto({ name, dims: dims.map(BigInt), dataType: TYPE.float, rawData });
}

/** Any tensor message. */
export function tensorProto(fields: Omit<Partial<TensorProto>, "$typeName">): TensorProto {
  const { $unknown, ...known } = fields;
  const made = create(TensorProtoSchema, known);
  if ($unknown) made.$unknown = $unknown;
  return made;
}

/** An input or output; a free dimension is a string. */
export function info(name: string, dims: readonly (number | string)[], elemType = TYPE.float) {
  const dim = dims.map((one) => ({
    value: typeof one === "number"
      ? { case: "dimValue" as const, value: BigInt(one) }
      : { case: "dimParam" as const, value: one },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: "tensorType", value: { elemType, shape: { dim } } } },
  });
}

/** An operator; attributes are integers or lists of integers. */
export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, number | readonly number[]>> = {},
  name = "",
) {
  const attribute = Object.entries(attributes).map(([name, value]) =>
    create(AttributeProtoSchema, {
      name,
      ...(typeof value === "number"
        ? { type: AttributeProto_AttributeType.INT, i: BigInt(value) }
        : { type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) }),
    })
  );
  return create(NodeProtoSchema, {
    name,
    opType,
    input: [...input],
    output: [...output],
    attribute,
  });
}

/** What a small model is made of. */
export interface Parts {
  readonly nodes: readonly ReturnType<typeof node>[];
  readonly inputs: readonly ReturnType<typeof info>[];
  readonly outputs: readonly ReturnType<typeof info>[];
  readonly valueInfo?: readonly ReturnType<typeof info>[];
  readonly weights?: readonly TensorProto[];
  readonly opset?: number;
  readonly irVersion?: number;
}

/** The message of a model. */
export function modelProto(
  { nodes, inputs, outputs, valueInfo = [], weights = [], opset = 13, irVersion = 8 }: Parts,
) {
  return create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(opset) })],
    graph: create(GraphProtoSchema, {
      name: "small",
      node: [...nodes],
      input: [...inputs],
      output: [...outputs],
      valueInfo: [...valueInfo],
      initializer: [...weights],
    }),
  });
}

/** The bytes of a model. */
export function modelBytes(parts: Parts): Uint8Array<ArrayBuffer> {
  return toBinary(ModelProtoSchema, modelProto(parts)) as Uint8Array<ArrayBuffer>;
}
