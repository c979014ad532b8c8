import { join } from "@std/path";
import { arrayConstructor, isDataType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What a run needs to go on exactly where it stopped. */
export interface Checkpoint {
  /** Parameters, running statistics and optimizer state by name. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Everything else, as JSON; numbers may also be NaN or infinite. */
  readonly state: unknown;
}

const FILE = "checkpoint.safetensors";

/**
 * Writes a checkpoint into a folder, in the layout of safetensors (a JSON header behind its length,
 * then the bytes of the tensors). The file is written beside and renamed: there is always a whole one.
 */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const header: Record<string, unknown> = {
    __metadata__: { format: "graft", state: JSON.stringify(checkpoint.state, writeNumber) },
  };
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const [name, { type, dims, data }] of checkpoint.tensors) {
    const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    header[name] = {
      dtype: type === "float32" ? "F32" : type,
      shape: dims,
      data_offsets: [end, end + bytes.byteLength],
    };
    end += bytes.byteLength;
    parts.push(bytes);
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  const path = join(folder, FILE);
  const beside = `${path}.part`;
  const file = await Deno.open(beside, { write: true, create: true, truncate: true });
  try {
    for (const part of [length, text, ...parts]) {
      for (let at = 0; at < part.byteLength;) at += await file.write(part.subarray(at));
    }
    await file.sync();
  } finally {
    file.close();
  }
  await Deno.rename(beside, path);
}

/**
 * Reads the checkpoint in a folder; `undefined` where there is none. Throws `SyntaxError` where the
 * file is damaged.
 */
export async function readCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  const path = join(folder, FILE);
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    return decoded(bytes);
  } catch (error) {
    throw new SyntaxError(
      `${path} is not a checkpoint, or it is damaged (${(error as Error).message}); ` +
        "remove it to start anew",
      { cause: error },
    );
  }
}

function decoded(bytes: Uint8Array): Checkpoint {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > bytes.byteLength - 8) throw new RangeError("its header is cut short");
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries<Record<string, unknown>>(header)) {
    if (name === "__metadata__") continue;
    const [start, end] = entry.data_offsets as [number, number];
    const type = entry.dtype === "F32" ? "float32" : String(entry.dtype);
    if (!isDataType(type)) throw new TypeError(`"${name}" has the unknown type ${type}`);
    if (!(start <= end && 8 + length + end <= bytes.byteLength)) {
      throw new RangeError(`"${name}" is cut short`);
    }
    const copy = bytes.slice(8 + length + start, 8 + length + end);
    const data = new (arrayConstructor(type) as Float32ArrayConstructor)(copy.buffer);
    tensors.set(name, { type, dims: entry.shape as number[], data } as Tensor);
  }
  return { tensors, state: JSON.parse(header.__metadata__.state, readNumber) };
}

/** JSON has no NaN and no infinity, such as the accuracy where there are no classes. */
function writeNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? { number: `${value}` } : value;
}

function readNumber(_key: string, value: unknown): unknown {
  const text = (value as { number?: unknown } | null)?.number;
  return typeof text === "string" ? Number(text) : value;
}
