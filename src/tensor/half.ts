/** The bits of `values`, each rounded to the nearest number of 16 bits, ties to even. */
export function toHalfBits(
  type: "float16" | "bfloat16",
  values: ArrayLike<number>,
): Uint16Array<ArrayBuffer> {
  if (type === "float16") return new Uint16Array(Float16Array.from(values).buffer);
  const words = new Uint32Array(Float32Array.from(values).buffer);
  return Uint16Array.from(words, (bits) => {
    const isNumber = (bits & 0x7fffffff) <= 0x7f800000;
    // Half of what is dropped is added first, less one bit where the last one kept is even.
    return (isNumber ? bits + 0x7fff + (bits >>> 16 & 1) : bits) >>> 16;
  });
}

/** The numbers that 16 bits each stand for, all of which float32 has. */
export function fromHalfBits(
  type: "float16" | "bfloat16",
  bits: Uint16Array,
): Float32Array<ArrayBuffer> {
  if (type === "bfloat16") {
    return new Float32Array(Uint32Array.from(bits, (word) => word << 16).buffer);
  }
  const { buffer, byteOffset, length } = bits;
  return Float32Array.from(new Float16Array(buffer as ArrayBuffer, byteOffset, length));
}
