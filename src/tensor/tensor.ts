import { arrayConstructor, type ArrayOf, type DataType, type TypedArray } from "./dtype.ts";
import { fromHalfBits, toHalfBits } from "./half.ts";
import { sizeOf } from "./shape.ts";

/**
 * A dense tensor on the host: elements in row-major order. A tensor of `onnxruntime-common` fits.
 * `bool` elements are bytes of 0 and 1, `float16` and `bfloat16` the bits of each number.
 */
export interface Tensor<T extends DataType = DataType> {
  /** Element type. */
  readonly type: T;
  /** Shape; `[]` is a scalar. */
  readonly dims: readonly number[];
  /** Elements, row-major. */
  readonly data: ArrayOf<T>;
}

/**
 * A tensor over `data`, or over zeros where `data` is left out; a list of plain numbers is rounded
 * to the element type. Throws `RangeError` if the count of elements differs.
 */
export function tensor<T extends DataType>(
  type: T,
  dims: readonly number[],
  data?: ArrayOf<T> | readonly number[],
): Tensor<T> {
  const size = sizeOf(dims);
  if (data === undefined) {
    return {
      type,
      dims,
      data: new (arrayConstructor(type))(size) as ArrayOf<T>,
    };
  }
  if (data.length !== size) {
    throw new RangeError(
      `A ${type} tensor of shape [${dims}] has ${size} elements, found ${data.length}`,
    );
  }
  return {
    type,
    dims,
    data: Array.isArray(data) ? fromNumbers(type, data) : data as ArrayOf<T>,
  };
}

/** An int64 tensor from plain numbers: `[n]`, or the shape given. */
export function int64s(
  values: readonly number[],
  dims: readonly number[] = [values.length],
): Tensor<"int64"> {
  return tensor("int64", dims, BigInt64Array.from(values, BigInt));
}

/** The elements as plain numbers (int64 beyond 2^53 is rounded). */
export function toNumbers(source: Tensor): number[] {
  if (source.type === "float16" || source.type === "bfloat16") {
    return Array.from(fromHalfBits(source.type, source.data as Uint16Array));
  }
  return Array.from(source.data as ArrayLike<number | bigint>, Number);
}

function fromNumbers<T extends DataType>(
  type: T,
  values: readonly number[],
): ArrayOf<T> {
  if (type === "float16" || type === "bfloat16") return toHalfBits(type, values) as ArrayOf<T>;
  const array: TypedArray = type === "int64"
    ? BigInt64Array.from(values, BigInt)
    : type === "uint64"
    ? BigUint64Array.from(values, BigInt)
    : (arrayConstructor(type) as Float32ArrayConstructor).from(values);
  return array as ArrayOf<T>;
}
