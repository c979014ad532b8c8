import type { Model } from "../../onnx/model.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { FitSearch } from "./fit_search.ts";
import {
  type SearchFitOptions,
  type SearchFitResult,
  searchFitSchema,
} from "./search_fit_options.ts";
import type { Space } from "./space.ts";
import { checkNames } from "./trial_setup.ts";

export type { SearchFitOptions, SearchFitResult };

/**
 * Looks for the hyper-parameters that fit a model best, and gives the best model with the table of all
 * trials. What a frozen part makes of the data is computed once for all trials that have the same one,
 * whatever their batch size; under `asha` trials go on from their checkpoints. With `folder`, a search
 * that was cut off, even within a trial, goes on and comes to the same result.
 *
 * Requires `--allow-write` for the folder. Throws `RangeError` for a name in the space that nothing uses.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import {
 *   arrays, choice, freeze, loadBackbone, logUniform, random, searchFit,
 * } from "@graft/graft";
 *
 * const model = freeze(await loadBackbone("digit_cnn", { weights: "random" }), "backbone");
 * const pixels = Float32Array.from({ length: 8 * 784 }, (_, i) => i % 1568 < 784 ? i % 2 : i % 3);
 * const data = arrays({
 *   inputs: { x: { type: "float32", dims: [8, 1, 28, 28], data: pixels } },
 *   targets: { type: "int64", dims: [8], data: BigInt64Array.of(0n, 1n, 0n, 1n, 0n, 1n, 0n, 1n) },
 * });
 * const { best, model: tuned } = await searchFit(model, data, {
 *   validation: data,
 *   space: { learningRate: logUniform(1e-5, 1e-1), batchSize: choice([4, 8]) },
 *   strategy: random({ trials: 3 }),
 *   epochs: 2,
 *   verbose: false,
 * });
 * assert(best!.values.learningRate > 0 && tuned !== undefined);
 * ```
 */
export async function searchFit<S extends Space>(
  model: Model,
  train: Dataset,
  options: SearchFitOptions<S>,
): Promise<SearchFitResult<S>> {
  checkOptions("searchFit", searchFitSchema, options);
  if (!options.configure) checkNames(Object.keys(options.space));
  const { folder } = options;
  const root = folder ?? await Deno.makeTempDir({ prefix: "graft_search_" });
  try {
    return await new FitSearch(model, train, options, root).run();
  } finally {
    if (folder === undefined) await Deno.remove(root, { recursive: true });
  }
}
