import { UMAP } from "umap-js";
import { z } from "zod";
import { type Device, deviceOption } from "../../runtime/device.ts";
import { runtimeFor } from "../../runtime/onnxruntime.ts";
import { checkOptions } from "../../tensor/options.ts";
import { rng } from "../../tensor/rng.ts";
import type { Features } from "../extract_features.ts";
import { stderrProgress } from "../progress.ts";
import { type Distance, NeighbourIndex } from "./neighbours.ts";
import type { SearchedRows } from "./similar.ts";

/** Options of `umap`. */
export interface UmapOptions {
  /** Neighbours of each row that should stay near it. @default {15} */
  readonly neighbours?: number;
  /** How near points may come to each other. @default {0.1} */
  readonly minDistance?: number;
  /** How far rows are from each other. @default {"cosine"} */
  readonly metric?: Distance;
  /** Coordinates of a point. @default {2} */
  readonly dimensions?: number;
  /** Rounds of moving the points. @default {500 up to 2,500 rows, fewer for more} */
  readonly epochs?: number;
  /** Seed. @default {0} */
  readonly seed?: number;
  /** Where to compute distances. @default {"auto"} */
  readonly device?: Device;
  /** Whether to show progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

const schema: z.ZodType<UmapOptions> = z.strictObject({
  neighbours: z.number().int().min(2).optional(),
  minDistance: z.number().min(0).max(1).optional(),
  metric: z.enum(["cosine", "euclidean"]).optional(),
  dimensions: z.number().int().positive().optional(),
  epochs: z.number().int().positive().optional(),
  seed: z.number().int().optional(),
  device: deviceOption,
  verbose: z.boolean().optional(),
}) as z.ZodType<UmapOptions>;

/** Other work goes on after so many rounds. */
const ROUNDS = 10;

/**
 * Features as points of a plane, near each other where the features are, to be looked at: UMAP
 * (McInnes et al., arXiv 1802.03426) by Google's umap-js over exact neighbours. Equal seeds give equal
 * points. What it gives is features again, `[N, dimensions]`. Throws `RangeError` where there are no more rows than `neighbours`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { umap } from "@graft/graft";
 *
 * const data = Float32Array.from({ length: 60 }, (_, i) => (i < 30 ? 10 : 0) + i % 7);
 * const options = { neighbours: 5, metric: "euclidean", verbose: false } as const;
 * const points = await umap({ data, shape: [20, 3] }, options);
 * assertEquals(points.shape, [20, 2]);
 * ```
 */
export async function umap(
  features: SearchedRows & Partial<Pick<Features, "classes" | "layer">>,
  options: UmapOptions = {},
): Promise<Features> {
  const {
    neighbours = 15,
    minDistance = 0.1,
    metric = "cosine",
    dimensions = 2,
    epochs,
    seed = 0,
    device = "auto",
    verbose = true,
  } = checkOptions("umap", schema, options);
  const index = new NeighbourIndex(features, metric, "umap");
  const { count } = index;
  if (count <= neighbours) {
    throw new RangeError(
      `umap(): option "neighbours" is ${neighbours}, but there are ${count} rows; give fewer`,
    );
  }
  const progress = stderrProgress(verbose, "umap");
  const random = rng(seed, "umap");
  const engine = new UMAP({
    nComponents: dimensions,
    nNeighbors: neighbours,
    minDist: minDistance,
    random: () => random.uniform(),
    ...epochs !== undefined && { nEpochs: epochs },
  });
  const runtime = await runtimeFor(device, progress.note);
  const near = await index.nearest(runtime, features, neighbours);
  const rowsOf = (all: ArrayLike<number>) =>
    Array.from(
      { length: count },
      (_, row) => Array.from({ length: neighbours }, (_, rank) => all[row * neighbours + rank]!),
    );
  engine.setPrecomputedKNN(rowsOf(near.indices), rowsOf(near.distances));
  // Only the number of rows is asked of what is given here.
  const rounds = engine.initializeFit(Array.from({ length: count }, () => [0]));
  for (let round = 0; round < rounds; round++) {
    engine.step();
    if (round % ROUNDS > 0) continue;
    progress.at(round, rounds);
    await new Promise((go) => setTimeout(go));
  }
  progress.done();
  return {
    data: Float32Array.from(engine.getEmbedding().flat()),
    shape: [count, dimensions],
    targets: Int32Array.from({ length: count }, (_, row) => features.targets?.[row] ?? -1),
    indices: features.indices ?? Array.from({ length: count }, (_, row) => row),
    layer: features.layer ?? "features",
    ...features.classes && { classes: features.classes },
  };
}
