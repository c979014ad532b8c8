import { fromFileUrl } from "@std/path";
import { arrayConstructor, type DataType } from "../../tensor/dtype.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { fileBytes } from "./file_bytes.ts";

/** Element types by the third byte of a file. */
const TYPES: ReadonlyMap<number, DataType> = new Map<number, DataType>([
  [0x08, "uint8"],
  [0x09, "int8"],
  [0x0b, "int16"],
  [0x0c, "int32"],
  [0x0d, "float32"],
  [0x0e, "float64"],
]);

/** Most axes a file may have: more is a sign that it is something else. */
const MOST_AXES = 8;

/**
 * Reads an IDX file, the format of MNIST, plain or gzipped: two zero bytes, the element type, the number
 * of axes, each axis as a big-endian 32-bit number, then the elements, big-endian and row-major. Throws
 * `Error` where the file cannot be read and `SyntaxError` where it is something else, too short or too
 * long. Format: http://yann.lecun.com/exdb/mnist/
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readIdx } from "@graft/graft";
 *
 * const file = await Deno.makeTempFile();
 * await Deno.writeFile(file, Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9));
 * assertEquals(await readIdx(file), { type: "uint8", dims: [1, 3], data: Uint8Array.of(7, 8, 9) });
 * await Deno.remove(file);
 * ```
 */
export async function readIdx(file: string | URL): Promise<Tensor> {
  const path = file instanceof URL ? fromFileUrl(file) : file;
  const bytes = await fileBytes(path);
  const type = TYPES.get(bytes[2] ?? 0);
  const axes = bytes[3] ?? 0;
  const start = 4 + 4 * axes;
  if (bytes[0] !== 0 || bytes[1] !== 0 || type === undefined || axes < 1 || axes > MOST_AXES) {
    const found = Array.from(bytes.subarray(0, 4)).join(" ") || "an empty file";
    throw new SyntaxError(
      `"${path}" is no IDX file: it must begin with 0 0, an element type (8 for bytes) and the ` +
        `number of axes, found ${found}`,
    );
  }
  if (bytes.length < start) {
    throw new SyntaxError(`"${path}" is cut off in its header, after ${bytes.length} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dims = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const width = arrayConstructor(type).BYTES_PER_ELEMENT;
  const wanted = start + width * sizeOf(dims);
  if (bytes.length !== wanted) {
    throw new SyntaxError(
      `"${path}" is ${bytes.length < wanted ? "cut off" : "too long"}: ${type} [${
        dims.join(", ")
      }] needs ${wanted} bytes, found ${bytes.length}`,
    );
  }
  return { type, dims, data: elements(bytes.slice(start), type) };
}

/** Big-endian elements as they lie here. */
function elements(bytes: Uint8Array<ArrayBuffer>, type: DataType): Tensor["data"] {
  const make = arrayConstructor(type) as unknown as {
    new (buffer: ArrayBuffer): Tensor["data"];
    readonly BYTES_PER_ELEMENT: number;
  };
  const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  const width = make.BYTES_PER_ELEMENT;
  if (width > 1 && isLittleEndian) {
    for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
  }
  return new make(bytes.buffer);
}
