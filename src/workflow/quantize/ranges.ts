import type { Value } from "../../onnx/graph.ts";
import type { Model } from "../../onnx/model.ts";
import { remodel } from "../../onnx/model_from_graph.ts";
import type { Range } from "../../onnx/quantise/quantise_graph.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import { forwardOf } from "../../train/forward.ts";
import { batches } from "../../train/loader.ts";
import type { Progress } from "../../train/progress.ts";

/** How ranges are found. */
export interface RangeOptions {
  /** Percentage of a value's elements that lie within its range; 100 for all. */
  readonly percentile: number;
  /** Examples at a time. */
  readonly batchSize: number;
  /** The engine. */
  readonly runtime: Runtime;
  /** Where progress is shown. */
  readonly progress: Progress;
}

/** Steps of the histograms that percentiles are read from. */
const STEPS = 4096;

/**
 * The range of each of `values` of the model's graph over a data set: from the least element to the
 * greatest, or without the same small share at either end, by histograms in a second pass.
 */
export async function rangesOf(
  model: Model,
  data: Dataset,
  { values, ...options }: RangeOptions & { readonly values: readonly Value[] },
): Promise<Map<Value, Range>> {
  const names = values.map(({ name }) => name);
  const passes = options.percentile < 100 ? 2 : 1;
  const least = new Float64Array(values.length).fill(Infinity);
  const most = new Float64Array(values.length).fill(-Infinity);
  await overAll(model, data, { ...options, names, pass: 0, passes }, (at, elements) => {
    for (const one of elements) {
      if (one < least[at]!) least[at] = one;
      if (one > most[at]!) most[at] = one;
    }
  });
  if (passes === 2) {
    const counts = values.map(() => new Float64Array(STEPS));
    await overAll(model, data, { ...options, names, pass: 1, passes }, (at, elements) => {
      const low = least[at]!;
      const step = (most[at]! - low) / STEPS || 1;
      const own = counts[at]!;
      for (const one of elements) {
        own[Math.min(Math.floor((one - low) / step), STEPS - 1)]!++;
      }
    });
    counts.forEach((own, at) => {
      [least[at], most[at]] = clipped(own, [least[at]!, most[at]!], options.percentile);
    });
  }
  return new Map(values.map((value, at) => [value, [least[at]!, most[at]!]]));
}

/** The range without what lies beyond the percentile, shared between both ends. */
function clipped(counts: Float64Array, [low, high]: Range, percentile: number): Range {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const beyond = total * (1 - percentile / 100) / 2;
  const step = (high - low) / STEPS;
  let [first, last] = [0, STEPS - 1];
  for (let sum = counts[first]!; sum < beyond; sum += counts[++first]!);
  for (let sum = counts[last]!; sum < beyond; sum += counts[--last]!);
  return [low + first * step, low + (last + 1) * step];
}

interface PassOptions extends RangeOptions {
  readonly names: readonly string[];
  readonly pass: number;
  readonly passes: number;
}

/** Shows `see` every batch's elements of each of the values called `names`. */
async function overAll(
  model: Model,
  data: Dataset,
  { names, pass, passes, batchSize, runtime, progress }: PassOptions,
  see: (at: number, elements: Float32Array) => void,
): Promise<void> {
  const graph = model.graph.clone();
  const outputs = names.map((name) => {
    const value = graph.value(name);
    // What is fed is no output of the engine; and pictures are made ready inside the graph.
    return graph.inputs.includes(value) ? graph.add("Identity", [value]).outputs[0]! : value;
  });
  graph.outputs.splice(0, Infinity, ...outputs);
  for (const value of graph.outputs) value.type ??= "float32";
  const forward = forwardOf(runtime, remodel(model, graph), graph);
  try {
    const order = Uint32Array.from({ length: data.length }, (_, index) => index);
    let done = 0;
    for await (const batch of batches(data, { batchSize, order, pad: false })) {
      const found = await forward.run(batch);
      outputs.forEach(({ name }, at) => see(at, found[name]!.data as Float32Array));
      progress.at(pass * data.length + (done += batch.count), passes * data.length);
    }
  } finally {
    await forward.release();
  }
}
