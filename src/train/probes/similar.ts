import { z } from "zod";
import { type Device, deviceOption } from "../../runtime/device.ts";
import { runtimeFor } from "../../runtime/onnxruntime.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { Features } from "../extract_features.ts";
import { type Distance, NeighbourIndex } from "./neighbours.ts";
import type { FeatureRows } from "./rows.ts";

/** Options of `similarityIndex`. */
export interface SimilarityOptions {
  /** What similar means: the angle between rows, or their distance. @default {"cosine"} */
  readonly metric?: Distance;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
}

/** Options of `similar`. */
export interface SimilarOptions extends SimilarityOptions {
  /** How many to find. @default {10} */
  readonly k?: number;
}

/** A row found. */
export interface Similar {
  /** Its row. */
  readonly row: number;
  /** Its index in the data set, where the features say it. */
  readonly index: number;
  /** Cosine of the angle to the query, 1 for the same direction; or 1 / (1 + distance). */
  readonly similarity: number;
  /** Its class index, -1 where it is not known. */
  readonly target: number;
}

/** Rows made ready to be searched. */
export interface SimilarityIndex {
  /** Number of rows. */
  readonly count: number;
  /** The `k` (10) most similar rows to each query, most similar first. */
  search(queries: FeatureRows, k?: number): Promise<Similar[][]>;
}

const common = z.strictObject({
  metric: z.enum(["cosine", "euclidean"]).optional(),
  device: deviceOption,
});
const indexSchema = common as z.ZodType<SimilarityOptions>;
const schema = common.extend({ k: z.number().int().positive().optional() }) as z.ZodType<
  SimilarOptions
>;

/** Features that can be searched; indices and classes are given back where they are there. */
export type SearchedRows = FeatureRows & Partial<Pick<Features, "indices">> & {
  /** Class index of each row. */
  readonly targets?: ArrayLike<number>;
};

/**
 * An index over features for many searches by similarity: the rows are brought to length 1 once.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { similarityIndex } from "@graft/graft";
 *
 * const index = similarityIndex({ data: Float32Array.of(1, 0, 0, 1, 1, 1), shape: [3, 2] });
 * const [found] = await index.search({ data: Float32Array.of(3, 0), shape: [1, 2] }, 2);
 * assertEquals(found!.map(({ row }) => row), [0, 2]);
 * ```
 */
export function similarityIndex(
  features: SearchedRows,
  options: SimilarityOptions = {},
): SimilarityIndex {
  const { metric = "cosine", device = "auto" } = checkOptions(
    "similarityIndex",
    indexSchema,
    options,
  );
  const index = new NeighbourIndex(features, metric, "similarityIndex");
  return {
    count: index.count,
    search: async (queries, k = 10) => {
      const most = Math.min(k, index.count);
      const runtime = await runtimeFor(device, () => {});
      const { indices, distances } = await index.nearest(runtime, queries, most);
      return Array.from(
        { length: queries.shape[0]! },
        (_, query) =>
          Array.from({ length: most }, (_, rank): Similar => {
            const row = indices[query * most + rank]!;
            const far = distances[query * most + rank]!;
            return {
              row,
              index: features.indices?.[row] ?? row,
              similarity: metric === "cosine" ? 1 - far : 1 / (1 + far),
              target: features.targets?.[row] ?? -1,
            };
          }),
      );
    },
  };
}

/**
 * The rows of features most similar to one query, most similar first: pictures like this one. For
 * many queries, make a `similarityIndex`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { similar } from "@graft/graft";
 *
 * const features = { data: Float32Array.of(1, 0, 0, 1, 1, 1), shape: [3, 2], targets: [0, 1, 1] };
 * const [best] = await similar(features, Float32Array.of(0, 2), { k: 1 });
 * assertEquals(best, { row: 1, index: 1, similarity: 1, target: 1 });
 * ```
 */
export async function similar(
  features: SearchedRows,
  query: Float32Array | FeatureRows,
  options: SimilarOptions = {},
): Promise<Similar[]> {
  const { k = 10, ...rest } = checkOptions("similar", schema, options);
  const rows = query instanceof Float32Array ? { data: query, shape: [1, query.length] } : query;
  if (rows.shape[0] !== 1) {
    throw new TypeError(
      `similar(): one query at a time, found ${rows.shape[0]}; search a similarityIndex for many`,
    );
  }
  return (await similarityIndex(features, rest).search(rows, k))[0]!;
}
