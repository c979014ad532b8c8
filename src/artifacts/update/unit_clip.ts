import { add, element, multiply } from "./expression.ts";
import type { Kernel } from "./kernel.ts";
import { WasmPasses } from "./passes.ts";

/** An array `[outer, units, inner]`, in which a unit is all that has one index on the middle axis. */
export interface Units {
  /** Size of all axes before. */
  readonly outer: number;
  /** Number of units. */
  readonly units: number;
  /** Size of all axes after. */
  readonly inner: number;
}

/** The least length of a unit's weights that is reckoned with, as Brock et al. have it. */
const LEAST_WEIGHT = 1e-3;
const LEAST_GRADIENT = 1e-6;

const SQUARES: Kernel = {
  name: "unit squares",
  buffers: ["values"],
  scalars: [],
  writes: new Map([["square", element("values")]]),
};

const COLUMN_SQUARES: Kernel = {
  name: "unit squares by column",
  buffers: ["values", "sums"],
  layout: new Map([["sums", "column"]]),
  scalars: [],
  writes: new Map([
    ["sums", add(element("sums"), multiply(element("values"), element("values")))],
  ]),
};

const scaling = (along: "row" | "column"): Kernel => ({
  name: `unit scale by ${along}`,
  buffers: ["values", "factors"],
  layout: new Map([["factors", along]]),
  scalars: [],
  writes: new Map([["values", multiply(element("values"), element("factors"))]]),
});

const SCALE_ROWS = scaling("row");
const SCALE_COLUMNS = scaling("column");

/** Numbers of scratch room that `UnitClip` needs for an array. */
export function clipScratch({ outer, units, inner }: Units): number {
  return inner === 1 ? units : outer * units;
}

/**
 * Adaptive gradient clipping: the gradient of a unit is made at most `limit` times as long as its
 * weights (Brock et al., arXiv 2102.06171). All arrays lie in one memory.
 */
export class UnitClip {
  readonly #passes: WasmPasses;

  constructor(memory: WebAssembly.Memory, readonly limit: number) {
    this.#passes = new WasmPasses(memory);
  }

  /** Clips `gradients` in place; `scratch` has room for `clipScratch(units)` numbers. */
  run(
    parameters: Float32Array,
    gradients: Float32Array,
    units: Units,
    scratch: Float32Array,
  ): void {
    const weights = this.#lengths(parameters, units, scratch);
    const lengths = this.#lengths(gradients, units, scratch);
    const factors = lengths.map((length, unit) => {
      const most = this.limit * Math.max(weights[unit]!, LEAST_WEIGHT);
      return length < most ? 1 : most / Math.max(length, LEAST_GRADIENT);
    });
    if (factors.every((factor) => factor === 1)) return;
    for (let at = 0; at < scratch.length; at++) scratch[at] = factors[at % units.units]!;
    const kernel = units.inner === 1 ? SCALE_COLUMNS : SCALE_ROWS;
    this.#passes.write(kernel, matrices(units), [gradients, scratch], {});
  }

  /** The length of each unit. */
  #lengths(values: Float32Array, units: Units, scratch: Float32Array): number[] {
    if (units.inner === 1) {
      scratch.fill(0);
      this.#passes.write(COLUMN_SQUARES, matrices(units), [values, scratch], {});
    } else {
      this.#passes.rowSums(SQUARES, matrices(units), [values], {}, scratch);
    }
    const sums = new Array<number>(units.units).fill(0);
    scratch.forEach((sum, at) => sums[at % units.units]! += sum);
    return sums.map(Math.sqrt);
  }
}

/** Units are rows, or columns where nothing comes after them. */
function matrices({ outer, units, inner }: Units) {
  return inner === 1
    ? { count: 1, rows: outer, columns: units }
    : { count: outer, rows: units, columns: inner };
}
