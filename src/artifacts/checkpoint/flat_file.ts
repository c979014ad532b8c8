import { ByteBuffer } from "flatbuffers";
import { Claims, damaged } from "./claims.ts";

/** Bytes before the first table can start: the root's offset and the identifier. */
const HEADER_BYTES = 8;

/** The bytes of a flatbuffer; no offset or length in it is believed before it is checked. */
export class FlatFile {
  readonly #buffer: ByteBuffer;
  readonly #claims: Claims;
  readonly #strings = new Map<number, string>();

  /** Throws `SyntaxError` where the bytes do not carry `identifier`. */
  constructor(readonly bytes: Uint8Array, identifier: string) {
    if (bytes.byteLength < HEADER_BYTES) {
      throw damaged(`it has ${bytes.byteLength} bytes, not even a header`);
    }
    const found = String.fromCharCode(...bytes.subarray(4, HEADER_BYTES));
    if (found !== identifier) {
      throw new SyntaxError(
        `Not a checkpoint of ONNX Runtime: bytes 4 to 7 must be "${identifier}", ` +
          `found ${JSON.stringify(found)}`,
      );
    }
    this.#buffer = new ByteBuffer(bytes);
    this.#claims = new Claims(bytes.byteLength, "the file");
    this.#claims.take(0, HEADER_BYTES, "the header");
  }

  /** Throws `SyntaxError` where two of the parts that were read overlap. */
  checkOverlaps(): void {
    this.#claims.check();
  }

  /** The scalars of bytes that were checked. */
  get scalars(): ByteBuffer {
    return this.#buffer;
  }

  /** Claims bytes for a table or a vector. */
  take(start: number, size: number, what: string): void {
    this.#claims.take(start, size, what);
  }

  /** Throws `SyntaxError` unless `size` bytes from `start` are in the file. */
  checkInside(start: number, size: number, what: string): void {
    if (start >= 0 && start + size <= this.bytes.byteLength) return;
    throw damaged(`${what} lies at byte ${start}, and the file has ${this.bytes.byteLength}`);
  }

  /** Where the offset at byte `at` leads. Offsets lead forward, so there are no circles. */
  target(at: number, what: string): number {
    const offset = this.#buffer.readUint32(at);
    if (offset === 0) throw damaged(`the offset of ${what} (at byte ${at}) leads to itself`);
    this.checkInside(at + offset, 4, what);
    return at + offset;
  }

  /** Where the elements of the vector at byte `at` lie, and how many there are. */
  vector(at: number, width: number, what: string): { start: number; count: number } {
    const count = this.#buffer.readUint32(at);
    const rest = this.bytes.byteLength - at - 4;
    if (count * width > rest) {
      throw damaged(`${what} (at byte ${at}) claims ${count} elements; ${rest} bytes are left`);
    }
    this.take(at, 4 + count * width, what);
    return { start: at + 4, count };
  }

  /** The string at byte `at`. Writers may share one string among several tables. */
  string(at: number, what: string): string {
    const known = this.#strings.get(at);
    if (known !== undefined) return known;
    const { start, count } = this.vector(at, 1, what);
    this.checkInside(start + count, 1, `the end of ${what}`);
    if (this.bytes[start + count] !== 0) throw damaged(`${what} (at byte ${at}) has no end`);
    const text = decoded(this.bytes.subarray(start, start + count), `${what} (at byte ${at})`);
    this.#strings.set(at, text);
    return text;
  }
}

function decoded(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw Object.assign(damaged(`${what} is not UTF-8`), { cause });
  }
}
