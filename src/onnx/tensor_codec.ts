import { create, type UnknownField } from "@bufbuild/protobuf";
import { arrayConstructor, type DataType, type TypedArray } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ONNX_TYPE_NUMBERS } from "./types.ts";
import {
  type TensorProto,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
} from "./wire/onnx_pb.ts";

const TYPES = new Map<number, DataType>(
  Object.entries(ONNX_TYPE_NUMBERS).map(([type, number]) => [number, type as DataType]),
);

/** Fields of typed floats, which the schema leaves out. */
const TYPED_FLOATS = new Set([4, 10]);

/** The element type with ONNX's number, or `undefined` where Graft has none for it. */
export function typeOfNumber(number: number): DataType | undefined {
  return TYPES.get(number);
}

/** Bytes of tensors that lie outside the model file, by location. */
export type ExternalFiles = ReadonlyMap<string, Uint8Array>;

/**
 * A tensor message as a tensor. The elements are a view of the message's bytes where these lie
 * aligned, and are read on first use otherwise. `undefined` for element types that Graft has no
 * array for (strings, 4-bit and 8-bit floats). Throws `SyntaxError` where there are too few bytes.
 */
export function decodeTensor(proto: TensorProto, external: ExternalFiles): Tensor | undefined {
  const type = typeOfNumber(proto.dataType);
  if (!type) return undefined;
  const dims = proto.dims.map(Number);
  const size = sizeOf(dims);
  if (dims.some((dim) => dim < 0) || !Number.isSafeInteger(size)) {
    throw new SyntaxError(`Tensor "${proto.name}" has the impossible shape [${dims}]`);
  }
  let data: TypedArray | undefined;
  const check = (found: number) => {
    if (found !== size) {
      throw new SyntaxError(
        `Tensor "${proto.name}" of shape [${dims}] needs ${size} elements, found ${found}; ` +
          "the file is damaged",
      );
    }
  };
  const raw = rawBytes(proto, external);
  if (raw) check(raw.byteLength / arrayConstructor(type).BYTES_PER_ELEMENT);
  else check(typedElements(proto, type).length);
  return {
    type,
    dims,
    get data() {
      data ??= raw ? viewed(raw, type) : typedElements(proto, type);
      return data;
    },
  } as Tensor;
}

/** What Graft does not use of a weight's message: none of its elements, so that they can be freed. */
export function unusedOfTensor(proto: TensorProto): TensorProto | undefined {
  const unknown = proto.$unknown?.filter((field) => !TYPED_FLOATS.has(field.no)) ?? [];
  const { docString, metadataProps } = proto;
  if (unknown.length === 0 && docString === "" && metadataProps.length === 0) return undefined;
  const unused = create(TensorProtoSchema, { docString, metadataProps });
  if (unknown.length > 0) unused.$unknown = unknown;
  return unused;
}

/** The message for a tensor, its elements as raw bytes without copying. */
export function encodeTensor(name: string, tensor: Tensor): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: tensor.dims.map(BigInt),
    dataType: ONNX_TYPE_NUMBERS[tensor.type],
    rawData: rawOf(tensor),
  });
}

/** The elements of a tensor as bytes, without copying. */
export function rawOf(tensor: Tensor): Uint8Array {
  const { data } = tensor;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function rawBytes(proto: TensorProto, external: ExternalFiles): Uint8Array | undefined {
  if (proto.dataLocation !== TensorProto_DataLocation.EXTERNAL) {
    return proto.rawData.byteLength > 0 || sizeOf(proto.dims.map(Number)) === 0
      ? proto.rawData
      : undefined;
  }
  const entries = new Map(proto.externalData.map((entry) => [entry.key, entry.value]));
  const location = entries.get("location") ?? "";
  const file = external.get(location);
  if (!file) {
    throw new SyntaxError(`Tensor "${proto.name}" lies in "${location}", which was not read`);
  }
  const offset = Number(entries.get("offset") ?? 0);
  const length = Number(entries.get("length") ?? file.byteLength - offset);
  if (!(offset >= 0 && length >= 0 && offset + length <= file.byteLength)) {
    throw new SyntaxError(
      `Tensor "${proto.name}" asks for bytes ${offset} to ${offset + length} of "${location}", ` +
        `which has ${file.byteLength}`,
    );
  }
  return file.subarray(offset, offset + length);
}

/** Bytes as elements of `type`, without copying where they lie aligned. */
export function viewed(raw: Uint8Array, type: DataType): TypedArray {
  const make = arrayConstructor(type) as Float32ArrayConstructor;
  const aligned = raw.byteOffset % make.BYTES_PER_ELEMENT === 0;
  const bytes = aligned ? raw : raw.slice();
  return new make(
    bytes.buffer as ArrayBuffer,
    bytes.byteOffset,
    bytes.byteLength / make.BYTES_PER_ELEMENT,
  );
}

/** Elements from the typed fields; those of floats are read from the fields the schema leaves out. */
function typedElements(proto: TensorProto, type: DataType): TypedArray {
  switch (proto.dataType) {
    case TensorProto_DataType.FLOAT:
      return viewed(unknownBytes(proto.$unknown ?? [], 4, 4), "float32");
    case TensorProto_DataType.DOUBLE:
      return viewed(unknownBytes(proto.$unknown ?? [], 10, 8), "float64");
    case TensorProto_DataType.INT64:
      return BigInt64Array.from(proto.int64Data);
    case TensorProto_DataType.UINT32:
      return Uint32Array.from(proto.uint64Data, Number);
    case TensorProto_DataType.UINT64:
      return BigUint64Array.from(proto.uint64Data);
    default:
      return (arrayConstructor(type) as Int32ArrayConstructor).from(proto.int32Data);
  }
}

/** The numbers of field `number`, packed or one by one, as bytes. */
function unknownBytes(fields: readonly UnknownField[], number: number, width: number): Uint8Array {
  const parts = fields.filter((field) => field.no === number).map((field) => {
    if (field.wireType !== 2) return field.data;
    let skip = 1;
    while (field.data[skip - 1]! >= 128) skip++;
    return field.data.subarray(skip);
  });
  if (parts.length === 1) return parts[0]!;
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const joined = new Uint8Array(length - length % width);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.byteLength;
  }
  return joined;
}
