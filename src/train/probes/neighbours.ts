import type { Runtime } from "../../runtime/runtime.ts";
import { productOn } from "./products.ts";
import { type FeatureRows, sizeOfRows } from "./rows.ts";

/** How far rows are from each other: 1 − cos of the angle between them, or the length of their difference. */
export type Distance = "cosine" | "euclidean";

/** The nearest rows of an index to each query. */
export interface Nearest {
  /** Rows of the index, nearest first, `[queries, k]`. */
  readonly indices: Int32Array;
  /** Their distances, `[queries, k]`. */
  readonly distances: Float64Array;
}

/** Queries at a time. */
const QUERIES = 256;
/** Rows of the index at a time. */
const ROWS = 16384;
/** The engine's float32 chooses so many more than are wanted, which are then measured in float64. */
const SPARE = 16;

/** Rows among which the nearest can be found: every one is looked at. */
export class NeighbourIndex {
  /** Number of rows. */
  readonly count: number;
  /** Length of a row. */
  readonly width: number;
  /** What the engine multiplies: unit rows, or rows less their mean. */
  readonly #moved: Float32Array;
  readonly #centre: Float64Array;
  /** Half the squared length of each moved row, which only counts for `"euclidean"`. */
  readonly #halfSquares: Float32Array;

  constructor(readonly rows: FeatureRows, readonly distance: Distance, readonly name: string) {
    const { count, width } = sizeOfRows(name, rows);
    this.count = count;
    this.width = width;
    this.#centre = distance === "cosine" ? new Float64Array(width) : meanOf(rows.data, width);
    this.#moved = this.#move(rows.data);
    this.#halfSquares = Float32Array.from({ length: count }, (_, row) => {
      if (distance === "cosine") return 0;
      const one = this.#moved.subarray(row * width, (row + 1) * width);
      return one.reduce((sum, number) => sum + number * number, 0) / 2;
    });
  }

  /** The `k` nearest rows to each query; of equally near ones the first. */
  async nearest(runtime: Runtime, queries: FeatureRows, k: number): Promise<Nearest> {
    const { count } = sizeOfRows(this.name, queries, this.width);
    const wanted = Math.min(this.count, k + SPARE);
    const moved = this.#move(queries.data);
    const indices = new Int32Array(count * k);
    const distances = new Float64Array(count * k);
    const product = await productOn(runtime, "A·Bᵀ");
    try {
      for (let from = 0; from < count; from += QUERIES) {
        const size = Math.min(QUERIES, count - from);
        const best = Array.from({ length: size }, () => new Shortlist(wanted));
        for (let first = 0; first < this.count; first += ROWS) {
          const some = Math.min(ROWS, this.count - first);
          const near = await product.of(
            this.#slice(moved, from, size),
            this.#slice(this.#moved, first, some),
          );
          best.forEach((list, query) => {
            for (let row = 0; row < some; row++) {
              list.offer(near[query * some + row]! - this.#halfSquares[first + row]!, first + row);
            }
          });
        }
        best.forEach((list, at) => {
          const query = queries.data.subarray(
            (from + at) * this.width,
            (from + at + 1) * this.width,
          );
          const measured = list.places().map((row) => ({ row, far: this.#measure(query, row) }));
          measured.sort((a, b) => a.far - b.far || a.row - b.row);
          measured.slice(0, k).forEach(({ row, far }, rank) => {
            indices[(from + at) * k + rank] = row;
            distances[(from + at) * k + rank] = far;
          });
        });
      }
    } finally {
      await product.release();
    }
    return { indices, distances };
  }

  #slice(data: Float32Array, first: number, rows: number) {
    const { width: columns } = this;
    return { data: data.subarray(first * columns, (first + rows) * columns), rows, columns };
  }

  /** Unit rows, or rows less the centre, where float32 loses the least. */
  #move(data: Float32Array): Float32Array {
    const { width } = this;
    const moved = new Float32Array(data.length);
    for (let start = 0; start < data.length; start += width) {
      const length = this.distance === "cosine" ? lengthOf(data, start, width) : 1;
      for (let i = 0; i < width; i++) {
        moved[start + i] = length > 0 ? (data[start + i]! - this.#centre[i]!) / length : 0;
      }
    }
    return moved;
  }

  #measure(query: Float32Array, row: number): number {
    const start = row * this.width;
    const { data } = this.rows;
    let [dot, own, other, apart] = [0, 0, 0, 0];
    for (let i = 0; i < this.width; i++) {
      const [a, b] = [query[i]!, data[start + i]!];
      dot += a * b;
      own += a * a;
      other += b * b;
      apart += (a - b) * (a - b);
    }
    if (this.distance === "euclidean") return Math.sqrt(apart);
    const lengths = Math.sqrt(own) * Math.sqrt(other);
    return lengths > 0 ? Math.max(0, 1 - dot / lengths) : 1;
  }
}

/** The places with the largest numbers so far. */
class Shortlist {
  readonly #numbers: number[] = [];
  readonly #places: number[] = [];

  constructor(readonly size: number) {}

  offer(number: number, place: number): void {
    const numbers = this.#numbers;
    const isFull = numbers.length === this.size;
    if (isFull && !(number > numbers[this.size - 1]!)) return;
    let at = isFull ? this.size - 1 : numbers.length;
    for (; at > 0 && numbers[at - 1]! < number; at--) {
      numbers[at] = numbers[at - 1]!;
      this.#places[at] = this.#places[at - 1]!;
    }
    numbers[at] = number;
    this.#places[at] = place;
  }

  places(): readonly number[] {
    return this.#places;
  }
}

function lengthOf(data: Float32Array, start: number, width: number): number {
  let sum = 0;
  for (let i = start; i < start + width; i++) sum += data[i]! * data[i]!;
  return Math.sqrt(sum);
}

function meanOf(data: Float32Array, width: number): Float64Array {
  const mean = new Float64Array(width);
  for (let at = 0; at < data.length; at++) mean[at % width]! += data[at]!;
  return mean.map((sum) => sum * width / data.length);
}
