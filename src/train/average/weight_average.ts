import { type Tensor, tensor } from "../../tensor/tensor.ts";
import { type Average, countsEpoch, decayOf } from "./average.ts";

const PREFIX = "extra/average/";
const COUNTS = "extra/averages";

/** Float32 tensors by name: parameters, and running statistics under the names of a snapshot. */
export type Weights = ReadonlyMap<string, Tensor<"float32">>;

/**
 * The average of a run's weights and running statistics. It starts as the first weights it is told of,
 * as `torch.optim.swa_utils.AveragedModel` does; timm's average of models includes the statistics too.
 */
export class WeightAverage {
  #averages = new Map<string, Tensor<"float32">>();
  #count = 0;
  /** The last epoch that a stochastic average took in. */
  #epoch = 0;

  constructor(readonly options: Average) {}

  /** A step was taken. */
  afterStep(weights: Weights): void {
    if (!("ema" in this.options)) return;
    this.#add(weights, 1 - decayOf(this.options, this.#count + 1));
  }

  /** An epoch (the first is 1) ended; gives whether a stochastic average took its weights in. */
  afterEpoch(weights: Weights, epoch: number, epochs: number): boolean {
    if (!("swa" in this.options && countsEpoch(this.options, epoch, epochs))) return false;
    // A run that was ended while it validated comes here again.
    if (epoch <= this.#epoch) return false;
    this.#epoch = epoch;
    this.#add(weights, 1 / (this.#count + 1));
    return true;
  }

  /** The averages; `undefined` while there are none. */
  get weights(): Weights | undefined {
    return this.#count > 0 ? this.#averages : undefined;
  }

  /** Does `work` with the averages, where there are any, in the place of `weights`. */
  async instead<T>(weights: Weights, work: () => Promise<T>): Promise<T> {
    const average = this.weights;
    if (!average) return await work();
    const live = [...weights].map(([name, { data }]) => ({ name, data, was: data.slice() }));
    for (const { name, data } of live) data.set(average.get(name)?.data ?? data);
    try {
      return await work();
    } finally {
      for (const { data, was } of live) data.set(was);
    }
  }

  /** Puts other running statistics in the place of the averaged ones. */
  replace(statistics: Weights): void {
    for (const [name, value] of statistics) this.#averages.set(name, copied(value));
  }

  /** The state for a snapshot, by names that `averaged` and `restore` know. */
  state(): Map<string, Tensor> {
    if (this.#count === 0) return new Map();
    const copies = [...this.#averages].map(([name, one]) => [PREFIX + name, copied(one)] as const);
    const counts = tensor("float64", [2], [this.#count, this.#epoch]);
    return new Map<string, Tensor>([[COUNTS, counts], ...copies]);
  }

  /** Goes back to the state in a snapshot. */
  restore(snapshot: ReadonlyMap<string, Tensor>): void {
    [this.#count = 0, this.#epoch = 0] = Array.from(snapshot.get(COUNTS)?.data ?? [], Number);
    const kept = [...snapshot].filter(([name]) => name.startsWith(PREFIX));
    this.#averages = new Map(
      kept.map(([name, one]) => [name.slice(PREFIX.length), copied(one as Tensor<"float32">)]),
    );
  }

  /** average ← average + share·(weight − average). */
  #add(weights: Weights, share: number): void {
    const isFirst = this.#count++ === 0;
    for (const [name, weight] of weights) {
      const known = isFirst ? undefined : this.#averages.get(name);
      if (!known) {
        this.#averages.set(name, copied(weight));
        continue;
      }
      const average = known.data;
      const now = weight.data;
      for (let i = 0; i < average.length; i++) average[i]! += share * (now[i]! - average[i]!);
    }
  }
}

/** The averages in the place of the weights of a snapshot, where it has any. */
export function averaged(snapshot: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const weights = [...snapshot].filter(([name]) => name !== COUNTS && !name.startsWith(PREFIX));
  return new Map(weights.map(([name, value]) => [name, snapshot.get(PREFIX + name) ?? value]));
}

function copied({ dims, data }: Tensor<"float32">): Tensor<"float32"> {
  return tensor("float32", dims, data.slice());
}
