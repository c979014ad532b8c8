import { z } from "zod";
import { type Device, deviceOption } from "../../runtime/device.ts";
import { runtimeFor } from "../../runtime/onnxruntime.ts";
import { checkOptions } from "../../tensor/options.ts";
import { classifierBy, type FeatureClassifier } from "./classifier.ts";
import { type Distance, NeighbourIndex } from "./neighbours.ts";
import { labelled, type LabelledRows } from "./rows.ts";

/** Options of `knn`. */
export interface KnnOptions {
  /** Neighbours that vote. @default {5} */
  readonly k?: number;
  /** How far rows are from each other. @default {"cosine"} */
  readonly metric?: Distance;
  /** Whether all votes count the same, or by 1/distance. @default {"uniform"} */
  readonly weights?: "uniform" | "distance";
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
}

const schema: z.ZodType<KnnOptions> = z.strictObject({
  k: z.number().int().positive().optional(),
  metric: z.enum(["cosine", "euclidean"]).optional(),
  weights: z.enum(["uniform", "distance"]).optional(),
  device: deviceOption,
}) as z.ZodType<KnnOptions>;

/**
 * A classifier by the `k` nearest rows: nothing is trained, and every row is compared with every other.
 * With `weights: "distance"`, rows at distance 0 outvote all others, as in scikit-learn. Throws
 * `RangeError` where there are fewer than `k` rows of known class.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { knn } from "@graft/graft";
 *
 * const data = Float32Array.of(1, 0, 2, 0.1, 0, 1, 0.1, 3);
 * const classifier = knn({ data, shape: [4, 2], targets: [0, 0, 1, 1] }, { k: 2 });
 * const found = await classifier.predict({ data: Float32Array.of(5, 1), shape: [1, 2] });
 * assertEquals([...found], [0]);
 * ```
 */
export function knn(features: LabelledRows, options: KnnOptions = {}): FeatureClassifier {
  const { k = 5, metric = "cosine", weights = "uniform", device = "auto" } = checkOptions(
    "knn",
    schema,
    options,
  );
  const { rows, targets, classCount } = labelled("knn", features);
  if (targets.length < k) {
    throw new RangeError(`knn(): option "k" is ${k}, but there are ${targets.length} rows`);
  }
  const index = new NeighbourIndex(rows, metric, "knn");
  return classifierBy({ classes: features.classes, classCount }, async (queries) => {
    const runtime = await runtimeFor(device, () => {});
    const { indices, distances } = await index.nearest(runtime, queries, k);
    const count = indices.length / k;
    const shares = new Float32Array(count * classCount);
    for (let query = 0; query < count; query++) {
      const from = query * k;
      const votes = weights === "uniform"
        ? new Float64Array(k).fill(1)
        : votesOf(distances.subarray(from, from + k));
      const all = votes.reduce((sum, vote) => sum + vote);
      const sums = new Float64Array(classCount);
      votes.forEach((vote, at) => sums[targets[indices[from + at]!]!]! += vote);
      shares.set(sums.map((sum) => sum / all), query * classCount);
    }
    return shares;
  });
}

/** 1/distance; where some are 0, those alone count. */
function votesOf(distances: Float64Array): Float64Array {
  if (distances.some((far) => far === 0)) return distances.map((far) => far === 0 ? 1 : 0);
  return distances.map((far) => 1 / far);
}
