/** A line segment in pixels. */
export type Segment = readonly [x0: number, y0: number, x1: number, y1: number];

/**
 * How much of each pixel a round pen of radius `pen` covers along the segments, 0 to 1, `[sizePx,
 * sizePx]`: anti-aliased by the distance of the pixel's centre from the line.
 */
export function coverage(
  segments: readonly Segment[],
  sizePx: number,
  pen: number,
): Float32Array {
  const mask = new Float32Array(sizePx * sizePx);
  for (const segment of segments) cover(mask, segment, { sizePx, pen });
  return mask;
}

function cover(
  mask: Float32Array,
  [x0, y0, x1, y1]: Segment,
  { sizePx, pen }: { readonly sizePx: number; readonly pen: number },
): void {
  const reach = pen + 1;
  const clamp = (value: number) => Math.min(Math.max(value, 0), sizePx);
  const [left, right] = [
    clamp(Math.floor(Math.min(x0, x1) - reach)),
    clamp(Math.ceil(Math.max(x0, x1) + reach)),
  ];
  const [top, bottom] = [
    clamp(Math.floor(Math.min(y0, y1) - reach)),
    clamp(Math.ceil(Math.max(y0, y1) + reach)),
  ];
  const [dx, dy] = [x1 - x0, y1 - y0];
  const lengthSquared = dx * dx + dy * dy || 1;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const [x, y] = [column + 0.5 - x0, row + 0.5 - y0];
      const t = Math.min(Math.max((x * dx + y * dy) / lengthSquared, 0), 1);
      const distance = Math.hypot(x - t * dx, y - t * dy);
      const covered = Math.min(Math.max(pen + 0.5 - distance, 0), 1);
      const at = row * sizePx + column;
      if (covered > mask[at]!) mask[at] = covered;
    }
  }
}
