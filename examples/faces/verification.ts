import {
  type FeatureRows,
  type RocCurve,
  rocCurve,
  similarityIndex,
  type Tensor,
} from "../../mod.ts";

/** Where each picture lies in the space of faces, and who it shows. */
export interface Embeddings extends FeatureRows {
  /** One length-1 row for each picture, `[N, D]`. */
  readonly data: Float32Array;
  /** `[N, D]`. */
  readonly shape: readonly [number, number];
  /** Number of the person on each picture. */
  readonly people: readonly number[];
}

/** All pairs of pictures. */
export interface Pairs {
  /** How alike each pair is, `[P]`: the cosine of the angle between its embeddings. */
  readonly cosines: Float64Array;
  /** 1 for two pictures of one person, 0 for two people. */
  readonly same: Uint8Array;
}

/** How well a threshold tells pairs of one person from pairs of two. */
export interface Verification {
  /** Share of the pairs of one person that are accepted. */
  readonly accepted: number;
  /** Share of the pairs of two people that are accepted, wrongly. */
  readonly wronglyAccepted: number;
}

/** The share of pictures whose nearest other picture shows the same person. */
export async function nearestNeighbour(embeddings: Embeddings): Promise<number> {
  const { people } = embeddings;
  const found = await similarityIndex(embeddings).search(embeddings, 2);
  const right = found.filter((two, row) => {
    const other = two.find((one) => one.row !== row)!;
    return people[other.row] === people[row];
  });
  return right.length / people.length;
}

/** Every pair of different pictures. */
export function pairsOf({ data, shape: [count, width], people }: Embeddings): Pairs {
  const cosines = new Float64Array(count * (count - 1) / 2);
  const same = new Uint8Array(cosines.length);
  let at = 0;
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      let product = 0;
      for (let i = 0; i < width; i++) product += data[a * width + i]! * data[b * width + i]!;
      cosines[at] = product;
      same[at++] = people[a] === people[b] ? 1 : 0;
    }
  }
  return { cosines, same };
}

/** Pairs as the two-class scores that curves are drawn of: "two people", "one person". */
export function scoredPairs(
  { cosines, same }: Pairs,
): { probabilities: Tensor; targets: Uint8Array } {
  const data = new Float64Array(2 * cosines.length);
  cosines.forEach((cosine, at) => data.set([(1 - cosine) / 2, (1 + cosine) / 2], 2 * at));
  return { probabilities: { type: "float64", dims: [cosines.length, 2], data }, targets: same };
}

/** The curve of both rates over all thresholds. */
export function verificationCurve(pairs: Pairs): RocCurve {
  return rocCurve(scoredPairs(pairs), { class: 1 });
}

/** The cosine from which on two pictures are held for one person: where both kinds of error are least. */
export function bestThreshold({ thresholds, ...curve }: RocCurve): number {
  const gain = (at: number) => curve.truePositiveRate[at]! - curve.falsePositiveRate[at]!;
  const best = thresholds.reduce((most, _, at) => gain(at) > gain(most) ? at : most, 0);
  return 2 * thresholds[best]! - 1;
}

/** What a threshold makes of pairs that it was not chosen by. */
export function verify({ cosines, same }: Pairs, threshold: number): Verification {
  const counts = [[0, 0], [0, 0]];
  cosines.forEach((cosine, at) => counts[same[at]!]![cosine >= threshold ? 1 : 0]!++);
  const share = ([no, yes]: number[]) => yes! / Math.max(no! + yes!, 1);
  return { accepted: share(counts[1]!), wronglyAccepted: share(counts[0]!) };
}
