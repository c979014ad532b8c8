import { balanced } from "../artifacts/losses/balanced.ts";
import type { Dataset } from "../tensor/dataset.ts";

/**
 * How many examples each class has. Targets are asked for without reading the examples where the data
 * set can tell. Throws `TypeError` where targets are no class indices.
 */
export async function classCounts(dataset: Dataset, classes?: number): Promise<number[]> {
  const counts = new Array<number>(classes ?? dataset.classes?.length ?? 0).fill(0);
  for (let index = 0; index < dataset.length; index++) {
    const label = dataset.target ? dataset.target(index) : (await dataset.get(index))?.target;
    if (label === undefined) continue;
    if (typeof label !== "number") {
      throw new TypeError(
        `Classes can be counted where targets are class indices; that of example ${index} is a tensor`,
      );
    }
    while (counts.length <= label) counts.push(0);
    counts[label]!++;
  }
  return counts;
}

/**
 * Weights under which all classes count alike: Σ examples / (classes that occur · examples of the
 * class), as scikit-learn's `class_weight="balanced"`; 0 for a class that does not occur. For
 * `crossEntropy({ classWeights })`. Throws `TypeError` where targets are no class indices.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arrays, balancedWeights } from "@graft/graft";
 *
 * const x = { type: "float32", dims: [4, 1], data: new Float32Array(4) } as const;
 * const targets = { type: "int64", dims: [4], data: BigInt64Array.of(0n, 0n, 0n, 1n) } as const;
 * assertEquals(await balancedWeights(arrays({ inputs: { x }, targets })), [4 / 6, 2]);
 * ```
 */
export async function balancedWeights(dataset: Dataset): Promise<number[]> {
  return balanced(await classCounts(dataset));
}
