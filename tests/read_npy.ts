/** Elements as NumPy's files have them here. */
export type Array64 = Float32Array | Float64Array | BigInt64Array;

/** A NumPy file of float32, float64 or int64, in C order, as a tensor. */
export async function readNpy(path: string) {
  const bytes = await Deno.readFile(path);
  const length = bytes[8]! | bytes[9]! << 8;
  const header = new TextDecoder().decode(bytes.subarray(10, 10 + length));
  const type = /'descr': '<([fi]\d)'/.exec(header)?.[1];
  const shape = /'shape': \(([^)]*)\)/.exec(header)?.[1];
  if (type === undefined || shape === undefined) throw new SyntaxError(`${path}: ${header}`);
  const dims = shape.split(",").map((dim) => dim.trim()).filter((dim) => dim !== "").map(Number);
  const { buffer } = bytes.slice(10 + length);
  if (type === "f4") return { type: "float32", dims, data: new Float32Array(buffer) } as const;
  if (type === "f8") return { type: "float64", dims, data: new Float64Array(buffer) } as const;
  if (type === "i8") return { type: "int64", dims, data: new BigInt64Array(buffer) } as const;
  throw new SyntaxError(`${path} holds ${type}; float32, float64 and int64 are read`);
}
