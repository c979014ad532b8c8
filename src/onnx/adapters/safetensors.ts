import { z } from "zod";
import { fromHalfBits } from "../../tensor/half.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";

/** What a safetensors file holds. */
export interface TensorFile {
  /** Tensors by name. */
  readonly tensors: ReadonlyMap<string, Tensor<"float32">>;
  /** Texts by key. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Bytes before the header. */
const LENGTH = 8;
/** The longest header that the format allows. */
const MOST_HEADER = 100_000_000;

const entry = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().min(0)),
  data_offsets: z.tuple([z.number().int().min(0), z.number().int().min(0)]),
});

/**
 * The bytes of a safetensors file, in pieces: the length of a JSON header (uint64), the header, the
 * tensors one after the other (github.com/huggingface/safetensors).
 */
export function encodeSafetensors({ tensors, metadata }: TensorFile): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: Object.fromEntries(metadata) };
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const [name, { dims, data }] of tensors) {
    header[name] = { dtype: "F32", shape: dims, data_offsets: [at, at + data.byteLength] };
    pieces.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    at += data.byteLength;
  }
  const text = JSON.stringify(header);
  const bytes = new TextEncoder().encode(text);
  // Spaces, so that the tensors begin at a multiple of 8.
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(32);
  padded.set(bytes);
  const length = new Uint8Array(LENGTH);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
  return [length, padded, ...pieces];
}

/** Reads a safetensors file; half floats become float32. Throws `SyntaxError` where it is damaged. */
export function decodeSafetensors(bytes: Uint8Array): TensorFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < LENGTH ? 0 : Number(view.getBigUint64(0, true));
  if (length < 2 || length > MOST_HEADER || LENGTH + length > bytes.length) {
    throw new SyntaxError("it is no safetensors file, or it was cut off");
  }
  const text = new TextDecoder().decode(bytes.subarray(LENGTH, LENGTH + length));
  const { __metadata__ = {}, ...entries } = parsed(text);
  const metadata = z.record(z.string(), z.string()).safeParse(__metadata__).data ?? {};
  const data = bytes.subarray(LENGTH + length);
  const tensors = Object.entries(entries).map(([name, one]) => {
    const about = entry.safeParse(one);
    if (!about.success) throw new SyntaxError(`its header is damaged at "${name}"`);
    return [name, decodeTensor(name, about.data, data)] as const;
  });
  return { tensors: new Map(tensors), metadata: new Map(Object.entries(metadata)) };
}

function decodeTensor(
  name: string,
  { dtype, shape, data_offsets: [start, end] }: z.infer<typeof entry>,
  data: Uint8Array,
): Tensor<"float32"> {
  const width = dtype === "F32" ? 4 : dtype === "F16" || dtype === "BF16" ? 2 : undefined;
  if (width === undefined) {
    throw new SyntaxError(`"${name}" is ${dtype}; F32, F16 and BF16 can be read`);
  }
  if (end - start !== width * sizeOf(shape) || end > data.length) {
    throw new SyntaxError(`"${name}" is cut off, or its shape [${shape}] is not that of its bytes`);
  }
  const own = data.slice(start, end).buffer;
  if (width === 4) return tensor("float32", shape, new Float32Array(own));
  const half = dtype === "F16" ? "float16" : "bfloat16";
  return tensor("float32", shape, Float32Array.from(fromHalfBits(half, new Uint16Array(own))));
}

function parsed(text: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    throw new SyntaxError("its header is not JSON");
  }
}
