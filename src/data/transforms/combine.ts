import type { Augmentation, Image } from "../../tensor/dataset.ts";
import { show } from "../../tensor/options.ts";
import type { Rng } from "../../tensor/rng.ts";

/** Which transform `oneOf` drew, and what that one drew. */
export interface Choice {
  /** Its place in the list. */
  readonly index: number;
  /** What it drew. */
  readonly params: unknown;
}

/**
 * One of the transforms, drawn anew for each picture, evenly or by `weights`. Throws `TypeError` and
 * `RangeError` for a list that is empty or holds a cropping transform, and weights that do not fit.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { grayscale, invert, oneOf, rng } from "@graft/graft";
 *
 * const either = oneOf([grayscale({ probability: 1 }), invert({ probability: 1 })], [1, 3]);
 * assert([0, 1].includes(either.sample(rng(0), 8, 8).index));
 * ```
 */
export function oneOf(
  transforms: readonly Augmentation[],
  weights: readonly number[] = transforms.map(() => 1),
): Augmentation<Choice> {
  for (const transform of checkList("oneOf", transforms)) checkInner("oneOf", transform);
  const sum = weights.reduce((a, b) => a + b, 0);
  if (weights.length !== transforms.length || !weights.every((one) => one >= 0) || !(sum > 0)) {
    throw new RangeError(
      `oneOf(): the weights must be ${transforms.length} numbers, 0 or more and not all 0, found ` +
        show(weights),
    );
  }
  return {
    name: "oneOf",
    settings: [weights, settingsOf(transforms)],
    sample(random, widthPx, heightPx) {
      let left = random.uniform() * sum;
      let index = weights.findIndex((weight) => (left -= weight) < 0);
      if (index < 0) index = weights.findLastIndex((weight) => weight > 0);
      return { index, params: transforms[index]!.sample(random, widthPx, heightPx) };
    },
    apply: (image, { index, params }) => transforms[index]!.apply(image, params),
  };
}

/**
 * A transform that is applied with a probability, else leaves the picture alone. Throws `RangeError`
 * for a probability outside 0 to 1 and a cropping transform.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gaussianBlur, randomApply, rng } from "@graft/graft";
 *
 * assertEquals(randomApply(gaussianBlur(), 0).sample(rng(0), 8, 8), undefined);
 * ```
 */
export function randomApply<Params>(
  transform: Augmentation<Params>,
  probability = 0.5,
): Augmentation<{ readonly params: Params } | undefined> {
  checkInner("randomApply", transform);
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(
      `randomApply(): the probability must be a number from 0 to 1, found ${show(probability)}`,
    );
  }
  return {
    name: `randomApply(${transform.name})`,
    settings: transform.settings,
    sample: (random, widthPx, heightPx) =>
      random.uniform() < probability
        ? { params: transform.sample(random, widthPx, heightPx) }
        : undefined,
    apply: (image, drawn) => drawn === undefined ? image : transform.apply(image, drawn.params),
  };
}

/**
 * Several transforms as one, in order: for a list inside `oneOf` or `randomApply`. Throws `TypeError`
 * and `RangeError` for a list that is empty or holds a cropping transform.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compose, horizontalFlip, invert } from "@graft/graft";
 *
 * const image = { widthPx: 2, heightPx: 1, data: new Uint8Array([1, 2, 3, 7, 8, 9]) };
 * const { data } = compose([horizontalFlip(), invert()]).apply(image, [true, true]);
 * assertEquals(data, new Uint8Array([248, 247, 246, 254, 253, 252]));
 * ```
 */
export function compose(transforms: readonly Augmentation[]): Augmentation<readonly unknown[]> {
  for (const transform of checkList("compose", transforms)) checkInner("compose", transform);
  return {
    name: "compose",
    settings: settingsOf(transforms),
    sample: (random: Rng, widthPx, heightPx) =>
      transforms.map((transform) => transform.sample(random, widthPx, heightPx)),
    apply: (image: Image, params) =>
      transforms.reduce((changed, transform, i) => transform.apply(changed, params[i]), image),
  };
}

function settingsOf(transforms: readonly Augmentation[]): unknown {
  return transforms.map(({ name, settings }) => [name, settings]);
}

function checkList(what: string, transforms: unknown): readonly Augmentation[] {
  if (Array.isArray(transforms) && transforms.length > 0) return transforms;
  throw new TypeError(
    `${what}(): give a list of one transform or more, such as [horizontalFlip()], found ` +
      show(transforms),
  );
}

function checkInner<Params>(what: string, transform: Augmentation<Params>): void {
  if (typeof transform !== "object" || transform === null || !("sample" in transform)) {
    throw new TypeError(`${what}(): give a transform, such as invert(), found ${show(transform)}`);
  }
  if (transform.crop === undefined) return;
  throw new RangeError(
    `${what}(): "${transform.name}" crops the original while it is decoded, so it must be the ` +
      'first of the list given as "augment", not inside another transform',
  );
}
