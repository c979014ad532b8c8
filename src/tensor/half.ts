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

/** The numbers that 16 bits each stand for. */
export function fromHalfBits(type: "float16" | "bfloat16", bits: ArrayLike<number>): number[] {
  const words = Uint16Array.from(bits);
  return type === "float16"
    ? Array.from(new Float16Array(words.buffer))
    : Array.from(new Float32Array(Uint32Array.from(words, (word) => word << 16).buffer));
}
