import type { Rng } from "../../tensor/rng.ts";

/** What a sampler draws from. */
export interface SamplerSource {
  /** Number of examples. */
  readonly length: number;
  /** The class index of an example, where it has one and it is cheap to tell. */
  target?(index: number): number | undefined;
}

/** Which examples an epoch takes, and in what order. */
export interface Sampler {
  /** Name, for messages and keys. */
  readonly name: string;
  /** What tells it from others of its name, as JSON. */
  readonly settings?: unknown;
  /** Number of examples in an epoch. */
  length(source: SamplerSource): number;
  /** Their indices, in order; an index may come more than once. */
  draw(source: SamplerSource, random: Rng): ArrayLike<number>;
}
