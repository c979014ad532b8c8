import { checkRange } from "./check_range.ts";
import { element, multiply, scalar } from "./expression.ts";
import { renderMatrix } from "./render_matrix.ts";
import { renderWasm } from "./render_wasm.ts";
import { alone, type Hands } from "./threads/crew.ts";
import { sharesOf } from "./threads/shares.ts";

/** Passes over float32 arrays in one memory, for clipping gradients by their norm. */
export interface GradientNorm {
  /**
   * The sum of the squares of `count` elements at byte `offset`, added up in float64: no overflow,
   * and NaN or infinite exactly where an element is.
   */
  sumOfSquares(offset: number, count: number): number;
  /** Multiplies `count` elements at byte `offset` by `factor`, in place. */
  scale(offset: number, count: number, factor: number): void;
}

/** Compiles the passes for `memory`, by `hands`. */
export function compileGradientNorm(
  memory: WebAssembly.Memory,
  hands: Hands = alone(memory),
): GradientNorm {
  const buffers = ["values"];
  const square = {
    name: "sumOfSquares",
    buffers,
    scalars: [],
    writes: new Map([["square", element("values")]]),
  };
  const scaling = {
    name: "scale",
    buffers,
    scalars: ["factor"],
    writes: new Map([["values", multiply(element("values"), scalar("factor"))]]),
  };
  const functions = [renderMatrix(square, "total", square.name), renderWasm(scaling)];
  const passes = hands.instantiate(functions);
  return {
    sumOfSquares(offset, count) {
      checkRange(memory, "values", offset, count);
      const sums = passes.sumOfSquares!(
        sharesOf(count).map((share) => [1, 1, share.count, offset + 4 * share.start]),
      );
      return sums.reduce((total, sum) => total + sum, 0);
    },
    scale(offset, count, factor) {
      checkRange(memory, "values", offset, count);
      passes.scale!([[count, offset, factor]]);
    },
  };
}
