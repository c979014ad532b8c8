import type { Rng } from "../../tensor/rng.ts";
import type { OperationName, PolicyStep } from "./operations.ts";

/** How strong an operation is at a share from 0 to 1 of its range, for a picture of a size. */
interface Range {
  /** Whether it goes either way. */
  readonly signed?: true;
  amount(share: number, widthPx: number, heightPx: number): number;
}

/** The operations of a policy and their ranges. */
export type Space = Readonly<Partial<Record<OperationName, Range>>>;

const either = (most: number): Range => ({ signed: true, amount: (share) => share * most });
const across = (part: number): Range => ({
  signed: true,
  amount: (share, widthPx) => share * part * widthPx,
});
const down = (part: number): Range => ({
  signed: true,
  amount: (share, _, heightPx) => share * part * heightPx,
});
const plain: Range = { amount: () => 0 };
const bits = (most: number, fewer: number): Range => ({
  amount: (share) => most - Math.round(share * fewer),
});
const solarize: Range = { amount: (share) => 1 - share };

const colours = (most: number) => ({
  brightness: either(most),
  color: either(most),
  contrast: either(most),
  sharpness: either(most),
});

/** What is common to RandAugment and AutoAugment (Cubuk et al. 2019), as torchvision has it. */
const COMMON = {
  shearX: either(0.3),
  shearY: either(0.3),
  translateX: across(150 / 331),
  translateY: down(150 / 331),
  rotate: either(30),
  ...colours(0.9),
  posterize: bits(8, 4),
  solarize,
  autoContrast: plain,
  equalize: plain,
};

/** RandAugment: these, or nothing. */
export const RAND_AUGMENT: Space = { identity: plain, ...COMMON };

/** AutoAugment: these, or the negative. */
export const AUTO_AUGMENT: Space = { ...COMMON, invert: plain };

/** TrivialAugment, wide (Müller and Hutter 2021, table 1). */
export const TRIVIAL_AUGMENT: Space = {
  ...RAND_AUGMENT,
  shearX: either(0.99),
  shearY: either(0.99),
  translateX: either(32),
  translateY: either(32),
  rotate: either(135),
  ...colours(0.99),
  posterize: bits(8, 6),
};

/** AugMix (Hendrycks et al. 2020), with the operations on colours. */
export const AUG_MIX: Space = {
  ...COMMON,
  translateX: across(1 / 3),
  translateY: down(1 / 3),
  posterize: bits(4, 4),
};

/** AugMix without the operations that ImageNet-C measures robustness against. */
export const AUG_MIX_SHAPES: Space = Object.fromEntries(
  Object.entries(AUG_MIX).filter(([name]) => !Object.hasOwn(colours(0), name)),
);

/** A step with an operation of the space at a share of its range, to a drawn side. */
export function stepOf(
  random: Rng,
  space: Space,
  { operation, share, widthPx, heightPx }: {
    readonly operation: OperationName;
    readonly share: number;
    readonly widthPx: number;
    readonly heightPx: number;
  },
): PolicyStep {
  const { signed, amount } = space[operation]!;
  const size = amount(share, widthPx, heightPx);
  return { operation, amount: signed && random.uniform() < 0.5 ? -size : size };
}

/** One of the operations of a space. */
export function anyOf(random: Rng, space: Space): OperationName {
  const names = Object.keys(space) as OperationName[];
  return names[random.integer(names.length)]!;
}
