import type { Tensor } from "../../mod.ts";
import { type Detection, suppressed, type Thing } from "./boxes.ts";

/**
 * The cells that a detector answers for. An answer is `[C + 4, rows, columns]`: a logit for each class,
 * then how far the box reaches to the left, top, right and bottom of the cell's middle, as the natural
 * logarithm of a number of cells.
 */
export interface Grid {
  /** Rows of cells. */
  readonly rows: number;
  /** Columns of cells. */
  readonly columns: number;
  /** Height and width of a cell, in pixels. */
  readonly cellPx: number;
  /** Number of classes. */
  readonly classes: number;
}

/** A cell answers for a thing where its middle lies in this share of the box, about the box's middle. */
const CENTRE = 0.5;

/**
 * What a detector should answer: 1 in the plane of the class in cells about the middle of a thing, and
 * the reaches of its box in cells. Where boxes lie over each other, the smaller one counts.
 */
export function targetOf(things: readonly Thing[], grid: Grid): Tensor<"float32"> {
  const { rows, columns, cellPx, classes } = grid;
  const cells = rows * columns;
  const data = new Float32Array((classes + 4) * cells);
  const area = (one: Thing) => (one.right - one.left) * (one.bottom - one.top);
  for (const thing of [...things].sort((a, b) => area(b) - area(a))) {
    for (const cell of centreCells(thing, grid)) {
      const [x, y] = middleOf(cell, grid);
      const reaches = [x - thing.left, y - thing.top, thing.right - x, thing.bottom - y];
      for (let label = 0; label < classes; label++) {
        data[label * cells + cell] = label === thing.label ? 1 : 0;
      }
      reaches.forEach((reach, side) => data[(classes + side) * cells + cell] = reach / cellPx);
    }
  }
  return { type: "float32", dims: [classes + 4, rows, columns], data };
}

/** The cells whose middle lies near that of a thing, at least the one that it falls into. */
function centreCells(thing: Thing, { rows, columns, cellPx }: Grid): number[] {
  const [x, y] = [(thing.left + thing.right) / 2, (thing.top + thing.bottom) / 2];
  const cellAt = (place: number, count: number) =>
    Math.min(Math.max(Math.floor(place / cellPx), 0), count - 1);
  const around = (middle: number, size: number, count: number) => {
    const reach = CENTRE * size / 2;
    return Array.from({ length: count }, (_, at) => at).filter((at) =>
      at === cellAt(middle, count) || Math.abs((at + 0.5) * cellPx - middle) <= reach
    );
  };
  const across = around(x, thing.right - thing.left, columns);
  return around(y, thing.bottom - thing.top, rows).flatMap((row) =>
    across.map((column) => row * columns + column)
  );
}

/** What a detector's answer says: the boxes of at least `least` certainty, without repetitions. */
export function detectionsOf(answer: Float32Array, grid: Grid, least = 0.05): Detection[] {
  const { rows, columns, cellPx, classes } = grid;
  const cells = rows * columns;
  const found: Detection[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const [x, y] = middleOf(cell, grid);
    for (let label = 0; label < classes; label++) {
      const score = 1 / (1 + Math.exp(-answer[label * cells + cell]!));
      if (score < least) continue;
      const reach = (side: number) => cellPx * Math.exp(answer[(classes + side) * cells + cell]!);
      const [left, top] = [Math.max(x - reach(0), 0), Math.max(y - reach(1), 0)];
      const [right, bottom] = [
        Math.min(x + reach(2), columns * cellPx),
        Math.min(y + reach(3), rows * cellPx),
      ];
      found.push({ label, score, left, top, right, bottom });
    }
  }
  return suppressed(found);
}

function middleOf(cell: number, { columns, cellPx }: Grid): [x: number, y: number] {
  return [(cell % columns + 0.5) * cellPx, (Math.floor(cell / columns) + 0.5) * cellPx];
}
