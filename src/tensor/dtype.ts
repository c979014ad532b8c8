/** Element types of tensors, by ONNX Runtime's own names. */
export type DataType = keyof ElementArrays;

/** The typed array of each element type. */
export interface ElementArrays {
  /** 32-bit floats. */
  readonly float32: Float32Array<ArrayBuffer>;
  /** 64-bit floats. */
  readonly float64: Float64Array<ArrayBuffer>;
  /** The bits of 16-bit floats. */
  readonly float16: Uint16Array<ArrayBuffer>;
  /** The bits of bfloat16 numbers. */
  readonly bfloat16: Uint16Array<ArrayBuffer>;
  /** 8-bit integers. */
  readonly int8: Int8Array<ArrayBuffer>;
  /** 16-bit integers. */
  readonly int16: Int16Array<ArrayBuffer>;
  /** 32-bit integers. */
  readonly int32: Int32Array<ArrayBuffer>;
  /** 64-bit integers. */
  readonly int64: BigInt64Array<ArrayBuffer>;
  /** Bytes. */
  readonly uint8: Uint8Array<ArrayBuffer>;
  /** 16-bit integers from 0 on. */
  readonly uint16: Uint16Array<ArrayBuffer>;
  /** 32-bit integers from 0 on. */
  readonly uint32: Uint32Array<ArrayBuffer>;
  /** 64-bit integers from 0 on. */
  readonly uint64: BigUint64Array<ArrayBuffer>;
  /** Bytes of 0 and 1. */
  readonly bool: Uint8Array<ArrayBuffer>;
}

/** The array a tensor of each type keeps its elements in. */
const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/** The typed array that holds elements of type `T`. */
export type ArrayOf<T extends DataType> = ElementArrays[T];

/** Any typed array a tensor may hold. */
export type TypedArray = ArrayOf<DataType>;

/** The constructor of the array that holds elements of `type`. */
export function arrayConstructor<T extends DataType>(
  type: T,
): (typeof ARRAYS)[T] {
  return ARRAYS[type];
}

/** Bytes that one element of `type` takes. */
export function bytesPerElement(type: DataType): number {
  return ARRAYS[type].BYTES_PER_ELEMENT;
}

/** Whether `text` names an element type. */
export function isDataType(text: string): text is DataType {
  return Object.hasOwn(ARRAYS, text);
}

/** Whether a gradient can flow through values of `type`. */
export function isFloat(type: DataType): boolean {
  return type === "float32" || type === "float64" || type === "float16" ||
    type === "bfloat16";
}
