import { create } from "@bufbuild/protobuf";
import type { Attribute } from "./attribute.ts";
import { decodeTensor, encodeTensor, type ExternalFiles } from "./tensor_codec.ts";
import {
  type AttributeProto,
  AttributeProto_AttributeType as Type,
  AttributeProtoSchema,
} from "./wire/onnx_pb.ts";

const text = new TextDecoder();
const utf8 = new TextEncoder();

/** An attribute message as an attribute; what Graft does not look into is kept as it is. */
export function decodeAttribute(proto: AttributeProto, external: ExternalFiles): Attribute {
  const source = proto;
  switch (kindOf(proto)) {
    case Type.INT:
      return { kind: "int", value: Number(proto.i), source };
    case Type.FLOAT:
      return { kind: "float", value: proto.f, source };
    case Type.STRING:
      return { kind: "string", value: text.decode(proto.s), source };
    case Type.INTS:
      return { kind: "ints", value: proto.ints.map(Number), source };
    case Type.FLOATS:
      return { kind: "floats", value: proto.floats, source };
    case Type.STRINGS:
      return { kind: "strings", value: proto.strings.map((one) => text.decode(one)), source };
    case Type.TENSOR: {
      const value = proto.t && decodeTensor(proto.t, external);
      return value ? { kind: "tensor", value, source } : { kind: "other", source };
    }
    default:
      return { kind: "other", source };
  }
}

/** The message for an attribute. */
export function encodeAttribute(name: string, attribute: Attribute): AttributeProto {
  if (attribute.source) return attribute.source as AttributeProto;
  switch (attribute.kind) {
    case "int":
      return create(AttributeProtoSchema, { name, type: Type.INT, i: int64(attribute.value) });
    case "float":
      return create(AttributeProtoSchema, { name, type: Type.FLOAT, f: attribute.value });
    case "string":
      return create(AttributeProtoSchema, {
        name,
        type: Type.STRING,
        s: utf8.encode(attribute.value),
      });
    case "ints":
      return create(AttributeProtoSchema, {
        name,
        type: Type.INTS,
        ints: attribute.value.map(int64),
      });
    case "floats":
      return create(AttributeProtoSchema, {
        name,
        type: Type.FLOATS,
        floats: [...attribute.value],
      });
    case "strings": {
      const strings = attribute.value.map((one) => utf8.encode(one));
      return create(AttributeProtoSchema, { name, type: Type.STRINGS, strings });
    }
    case "tensor":
      return create(AttributeProtoSchema, {
        name,
        type: Type.TENSOR,
        t: encodeTensor("", attribute.value),
      });
    case "other":
      throw new TypeError(`Attribute "${name}" has no message to be written from`);
  }
}

/** The kind of an attribute; files of IR version 1 do not say it. */
function kindOf(proto: AttributeProto): Type {
  if (proto.type !== Type.UNDEFINED) return proto.type;
  if (proto.t) return Type.TENSOR;
  if (proto.g) return Type.GRAPH;
  if (proto.s.length > 0) return Type.STRING;
  if (proto.ints.length > 0) return Type.INTS;
  if (proto.floats.length > 0) return Type.FLOATS;
  if (proto.strings.length > 0) return Type.STRINGS;
  return proto.f !== 0 ? Type.FLOAT : Type.INT;
}

/** A number as int64, held within its range. */
function int64(value: number): bigint {
  if (value >= 2 ** 63) return 2n ** 63n - 1n;
  if (value < -(2 ** 63)) return -(2n ** 63n);
  return BigInt(value);
}
