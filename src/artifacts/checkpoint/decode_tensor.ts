import { typeOfNumber, viewed } from "../../onnx/tensor_codec.ts";
import { bytesPerElement, type DataType } from "../../tensor/dtype.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { nominalTensor } from "./checkpoint.ts";
import { Claims, damaged, quoted } from "./claims.ts";
import type { FlatTable } from "./flat_table.ts";
import { INLINE, TENSOR } from "./schema.ts";

/** More axes than any tensor has. */
const MOST_AXES = 64;

/** The file beside a checkpoint that holds elements of parameters. */
export class ExternalData {
  readonly #claims: Claims;

  /** `bytes` is the content of the file, if it is at hand. */
  constructor(readonly bytes: Uint8Array | undefined) {
    this.#claims = new Claims(bytes?.byteLength ?? 0, "the external data file");
  }

  /** Bytes of the file, as a view. */
  slice(offset: bigint, size: number, what: string): Uint8Array {
    if (!this.bytes) {
      throw new SyntaxError(
        `${what} lies in the checkpoint's external data file (its name with ".data"), ` +
          "which was not given",
      );
    }
    const start = Number(offset);
    this.#claims.take(start, size, what);
    return this.bytes.subarray(start, start + size);
  }

  /** Throws `SyntaxError` where two tensors overlap. */
  checkOverlaps(): void {
    this.#claims.check();
  }
}

/** The name of a tensor, and its elements where they lie. */
export function decodeTensor(
  table: FlatTable,
  external: ExternalData | undefined,
): readonly [string, Tensor] {
  const name = table.string(TENSOR.name);
  const what = `tensor ${quoted(name)} (${table.where})`;
  const type = typeOf(table, what);
  const dims = shapeOf(table, what);
  const size = sizeOf(dims) * bytesPerElement(type);
  if (!Number.isSafeInteger(size)) throw damaged(`${what} has the impossible shape [${dims}]`);
  const raw = elementsOf(table, size, external, what);
  if (raw.byteLength !== size) {
    throw damaged(`${what} of shape [${dims}] needs ${size} bytes, found ${raw.byteLength}`);
  }
  return [name, { type, dims, data: viewed(raw, type) } as Tensor];
}

/** The name and the element type of a tensor of a nominal checkpoint, which has no elements. */
export function decodeNominalTensor(table: FlatTable): readonly [string, Tensor] {
  const name = table.string(TENSOR.name);
  const type = typeOf(table, `tensor ${quoted(name)} (${table.where})`);
  return [name, nominalTensor(type)];
}

function typeOf(table: FlatTable, what: string): DataType {
  const number = table.int32(TENSOR.data_type) ?? 0;
  const type = typeOfNumber(number);
  if (type === undefined) throw damaged(`${what} has the unknown element type ${number}`);
  return type;
}

function shapeOf(table: FlatTable, what: string): number[] {
  const dims = table.int64s(TENSOR.dims, MOST_AXES)?.map(Number);
  if (dims === undefined) throw damaged(`${what} has no shape`);
  if (!dims.every((dim) => dim >= 0 && Number.isSafeInteger(dim))) {
    throw damaged(`${what} has the impossible shape [${dims}]`);
  }
  return dims;
}

function elementsOf(
  table: FlatTable,
  size: number,
  external: ExternalData | undefined,
  what: string,
): Uint8Array {
  const offset = table.int64(TENSOR.external_data_offset) ?? INLINE;
  if (offset < 0n) {
    const raw = table.bytes(TENSOR.raw_data);
    if (raw === undefined) throw damaged(`${what} has no elements`);
    return raw;
  }
  if (!external) throw damaged(`${what} lies in external data, which the checkpoint has none of`);
  return external.slice(offset, size, what);
}
