import type { Kernel, Matrices } from "./kernel.ts";
import { type MatrixPass, renderMatrix } from "./render_matrix.ts";
import { instantiate } from "./wasm/module.ts";

/** The numbers of a run that are the same for all elements. */
export type Scalars = Readonly<Record<string, number>>;

/** Passes of a kernel over arrays in its order, by a back end. */
export interface Passes {
  /** Writes what the kernel writes. */
  write(kernel: Kernel, at: Matrices, arrays: readonly Float32Array[], scalars: Scalars): void;
  /** The sum of the squares of the kernel's one formula over all elements, added up in float64. */
  sumOfSquares(
    kernel: Kernel,
    at: Matrices,
    arrays: readonly Float32Array[],
    scalars: Scalars,
  ): number;
  /** That sum for each row, into `sums`. */
  rowSums(
    kernel: Kernel,
    at: Matrices,
    arrays: readonly Float32Array[],
    scalars: Scalars,
    sums: Float32Array,
  ): void;
}

type Compiled = (...values: number[]) => number;

/** Passes in WebAssembly over arrays that lie in `memory`; a kernel is compiled when first used. */
export class WasmPasses implements Passes {
  readonly #compiled = new Map<Kernel, Map<MatrixPass, Compiled>>();

  constructor(readonly memory: WebAssembly.Memory) {}

  write(kernel: Kernel, at: Matrices, arrays: readonly Float32Array[], scalars: Scalars): void {
    this.#run("write", kernel, at, arrays, scalars);
  }

  sumOfSquares(
    kernel: Kernel,
    at: Matrices,
    arrays: readonly Float32Array[],
    scalars: Scalars,
  ): number {
    return this.#run("total", kernel, at, arrays, scalars);
  }

  rowSums(
    kernel: Kernel,
    at: Matrices,
    arrays: readonly Float32Array[],
    scalars: Scalars,
    sums: Float32Array,
  ): void {
    this.#run("rows", kernel, at, [...arrays, sums], scalars);
  }

  #run(
    pass: MatrixPass,
    kernel: Kernel,
    { count, rows, columns }: Matrices,
    arrays: readonly Float32Array[],
    scalars: Scalars,
  ): number {
    const addresses = arrays.map((array) => this.#address(kernel, array));
    const values = kernel.scalars.map((name) => scalars[name]!);
    return this.#function(kernel, pass)(count, rows, columns, ...addresses, ...values);
  }

  #function(kernel: Kernel, pass: MatrixPass): Compiled {
    const known = this.#compiled.get(kernel) ?? new Map<MatrixPass, Compiled>();
    this.#compiled.set(kernel, known);
    const made = known.get(pass) ??
      instantiate([renderMatrix(kernel, pass, pass)], this.memory)[pass]!;
    known.set(pass, made);
    return made;
  }

  #address(kernel: Kernel, array: Float32Array): number {
    if (array.buffer === this.memory.buffer) return array.byteOffset;
    throw new RangeError(`An array of ${kernel.name} does not lie in the memory`);
  }
}
