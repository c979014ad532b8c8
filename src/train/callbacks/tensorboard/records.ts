import { maskedCrc32c } from "./crc32c.ts";

/** Bytes before a record: its length and the checksum of that; and after it: its own checksum. */
const HEAD = 12;
const TAIL = 4;

/** A record in the frame of a TFRecord file: length, checksum, bytes, checksum, little-endian. */
export function framed(bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEAD + bytes.length + TAIL);
  const view = new DataView(frame.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, maskedCrc32c(frame.subarray(0, 8)), true);
  frame.set(bytes, HEAD);
  view.setUint32(HEAD + bytes.length, maskedCrc32c(bytes), true);
  return frame;
}

/** The records of a TFRecord file, as far as they are whole and their checksums right. */
export function* records(file: Uint8Array): Generator<Uint8Array, void, void> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at + HEAD <= file.length;) {
    if (view.getUint32(at + 8, true) !== maskedCrc32c(file.subarray(at, at + 8))) return;
    const end = at + HEAD + Number(view.getBigUint64(at, true));
    if (end + TAIL > file.length) return;
    const record = file.subarray(at + HEAD, end);
    if (view.getUint32(end, true) !== maskedCrc32c(record)) return;
    yield record;
    at = end + TAIL;
  }
}
