/**
 * Throws `RangeError` unless `count` float32 elements from byte `offset` lie inside `memory`, on a
 * multiple of 4. WebAssembly would notice only half way through, with part of the work done.
 */
export function checkRange(
  memory: WebAssembly.Memory,
  name: string,
  offset: number,
  count: number,
): void {
  const bytes = memory.buffer.byteLength;
  const valid = Number.isInteger(count) && count >= 0 && offset >= 0 && offset % 4 === 0 &&
    offset + 4 * count <= bytes;
  if (valid) return;
  throw new RangeError(
    `The ${name} array must lie on a multiple of 4 inside the memory of ${bytes} bytes, ` +
      `found ${count} float32 elements at byte ${offset}`,
  );
}
