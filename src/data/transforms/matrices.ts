import type { Size } from "../geometry.ts";
import type { Matrix } from "./warp.ts";

/** A turn by `degrees` against the clock about the centre, as PIL's `rotate`. */
export function rotation({ widthPx, heightPx }: Size, degrees: number): Matrix {
  const angle = -degrees * Math.PI / 180;
  // PIL rounds to 15 digits, so that a right angle is one.
  const cos = Number(Math.cos(angle).toFixed(15)), sin = Number(Math.sin(angle).toFixed(15));
  const x = widthPx / 2, y = heightPx / 2;
  return [cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y];
}

/**
 * Rows and columns pushed aside by angles in degrees about a `centre`, as torchvision's `affine` does:
 * the inverse of the shear along y, then along x.
 */
export function shearing(
  xDegrees: number,
  yDegrees: number,
  centre: readonly [number, number],
): Matrix {
  const alongX = Math.tan(xDegrees * Math.PI / 180), alongY = Math.tan(yDegrees * Math.PI / 180);
  const [x, y] = centre;
  const a = 1 + alongY * alongX;
  return [a, alongX, x - a * x - alongX * y, alongY, 1, -alongY * x];
}

/** A place in pixels. */
export type Point = readonly [x: number, y: number];

/**
 * The perspective that shows the picture's corners at `corners` (top left, top right, bottom right,
 * bottom left): eight linear equations, one for each coordinate.
 */
export function perspectiveTo({ widthPx, heightPx }: Size, corners: readonly Point[]): number[] {
  const right = widthPx - 1, bottom = heightPx - 1;
  const from: readonly Point[] = [[0, 0], [right, 0], [right, bottom], [0, bottom]];
  const rows = corners.flatMap(([x, y], i) => {
    const [u, v] = from[i]!;
    return [
      [x, y, 1, 0, 0, 0, -u * x, -u * y, u],
      [0, 0, 0, x, y, 1, -v * x, -v * y, v],
    ];
  });
  // torchvision hands them on in single precision.
  return solved(rows).map(Math.fround);
}

/** Gauss-Jordan elimination with pivots; the last column is the right-hand side. */
function solved(rows: number[][]): number[] {
  for (let column = 0; column < rows.length; column++) {
    let best = column;
    for (let row = column + 1; row < rows.length; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[best]![column]!)) best = row;
    }
    [rows[column], rows[best]] = [rows[best]!, rows[column]!];
    const pivot = rows[column]!;
    const scaled = pivot.map((value) => value / pivot[column]!);
    rows[column] = scaled;
    rows.forEach((row, at) => {
      const factor = row[column]!;
      if (at !== column && factor !== 0) {
        rows[at] = row.map((value, i) => value - factor * scaled[i]!);
      }
    });
  }
  return rows.map((row) => row.at(-1)!);
}
