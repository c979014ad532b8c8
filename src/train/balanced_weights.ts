import { balanced } from "../artifacts/losses/balanced.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { targetsOf } from "../tensor/targets.ts";

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
  return balanced(await exampleCounts(dataset, "balancedWeights()"));
}

/**
 * How many examples each class has, one of `classes` or more. Throws `TypeError` where targets are no
 * class indices; `what` asks.
 */
export async function exampleCounts(
  dataset: Dataset,
  what: string,
  classes: number = dataset.classes?.length ?? 0,
): Promise<number[]> {
  const counts = new Array<number>(classes).fill(0);
  for await (const label of targetsOf(dataset, what)) {
    if (label === undefined) continue;
    if (typeof label !== "number") {
      throw new TypeError(
        `${what} counts classes where targets are class indices; here an example has a tensor`,
      );
    }
    while (counts.length <= label) counts.push(0);
    counts[label]!++;
  }
  return counts;
}
