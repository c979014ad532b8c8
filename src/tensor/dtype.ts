/** Element types of tensors, by ONNX Runtime's own names. */
export type DataType = keyof typeof ARRAYS;

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
export type ArrayOf<T extends DataType> = InstanceType<(typeof ARRAYS)[T]>;

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
