import type { Builder } from "flatbuffers";
import { rawOf } from "../../onnx/tensor_codec.ts";
import { ONNX_TYPE_NUMBERS } from "../../onnx/types.ts";
import { bytesPerElement } from "../../tensor/dtype.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { INLINE, TENSOR } from "./schema.ts";
import { int64Vector, table } from "./tables.ts";

/** A tensor as a table; its elements lie inside, aligned, or in the external file at `offset`. */
export function encodeTensor(
  builder: Builder,
  name: string,
  tensor: Tensor,
  offset?: number,
): number {
  const raw = offset === undefined ? alignedBytes(builder, tensor) : 0;
  const dims = int64Vector(builder, tensor.dims);
  const text = builder.createString(name);
  return table(builder, TENSOR, () => {
    builder.addFieldOffset(TENSOR.name.slot, text, 0);
    builder.addFieldOffset(TENSOR.dims.slot, dims, 0);
    builder.addFieldInt32(TENSOR.data_type.slot, ONNX_TYPE_NUMBERS[tensor.type], 0);
    builder.addFieldOffset(TENSOR.raw_data.slot, raw, 0);
    const external = offset === undefined ? INLINE : BigInt(offset);
    builder.addFieldInt64(TENSOR.external_data_offset.slot, external, INLINE);
  });
}

function alignedBytes(builder: Builder, tensor: Tensor): number {
  const raw = rawOf(tensor);
  builder.prep(bytesPerElement(tensor.type), raw.byteLength);
  return builder.createByteVector(raw);
}
