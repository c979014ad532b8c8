import { permutation, rng } from "../tensor/rng.ts";
import type { FitSettings } from "./fit_options.ts";
import { balancedSampler } from "./samplers/balanced_sampler.ts";
import type { Sampler, SamplerSource } from "./samplers/sampler.ts";

/** What an epoch's order is made from. */
export interface OrderSource extends SamplerSource {
  /** Whether examples come in their own order only, epoch after epoch. */
  readonly sequential?: boolean;
}

/** The options that an epoch's order follows. */
export interface OrderSettings extends Pick<FitSettings, "shuffle" | "seed" | "batchSize"> {
  /** Which examples an epoch takes. */
  readonly sampler?: FitSettings["sampler"] | undefined;
  /** Steps of an epoch, where they are given. */
  readonly stepsPerEpoch?: number | undefined;
}

/** Which examples an epoch takes, in order. */
export interface EpochOrder {
  /** Their indices. */
  readonly order: Uint32Array;
  /** How often each came before in the epoch, where examples may come again. */
  readonly repeats?: Uint32Array;
}

const balanced = balancedSampler();

function samplerOf({ sampler }: OrderSettings): Sampler | undefined {
  return sampler === "balanced" ? balanced : sampler;
}

/** The number of examples of an epoch. Throws `RangeError` for a stream of unknown length. */
export function epochLength(settings: OrderSettings, source: OrderSource): number {
  const { batchSize, stepsPerEpoch } = settings;
  const most = stepsPerEpoch === undefined ? Infinity : stepsPerEpoch * batchSize;
  const sampler = samplerOf(settings);
  if (source.sequential) {
    if (sampler) {
      throw new TypeError('fit(): a stream comes in its own order; leave "sampler" out');
    }
    if (most !== Infinity) return most;
    if (source.length !== Infinity) return source.length;
    throw new RangeError(
      'fit(): the length of the stream is unknown: give "stepsPerEpoch", or stream(source, { length })',
    );
  }
  return Math.min(most, sampler?.length(source) ?? source.length);
}

/** The order of an epoch: drawn by the sampler, shuffled, or as it is. */
export function epochOrder(
  settings: OrderSettings,
  source: OrderSource,
  epoch: number,
): EpochOrder {
  const { shuffle, seed } = settings;
  const length = epochLength(settings, source);
  if (source.sequential) {
    return { order: Uint32Array.from({ length }, (_, index) => epoch * length + index) };
  }
  const sampler = samplerOf(settings);
  if (sampler) {
    const drawn = sampler.draw(source, rng(seed, "sampler", epoch));
    const order = checked(Uint32Array.from(drawn), drawn, source.length, sampler.name);
    return { order: order.subarray(0, length), repeats: repeatsOf(order) };
  }
  const order = shuffle
    ? permutation(source.length, rng(seed, "shuffle", epoch))
    : Uint32Array.from({ length: source.length }, (_, index) => index);
  return { order: order.subarray(0, length) };
}

function checked(
  order: Uint32Array,
  drawn: ArrayLike<number>,
  length: number,
  name: string,
): Uint32Array {
  const wrong = order.findIndex((index, at) => index !== drawn[at] || index >= length);
  if (wrong < 0 && order.length > 0) return order;
  throw new RangeError(
    order.length === 0
      ? `The sampler "${name}" drew no examples`
      : `The sampler "${name}" must draw indices from 0 to ${length - 1}, found ${drawn[wrong]}`,
  );
}

function repeatsOf(order: Uint32Array): Uint32Array {
  const counts = new Map<number, number>();
  return order.map((index) => {
    const before = counts.get(index) ?? 0;
    counts.set(index, before + 1);
    return before;
  });
}
