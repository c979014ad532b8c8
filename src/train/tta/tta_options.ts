import { z } from "zod";
import type { Augment, Augmentation } from "../../tensor/dataset.ts";

/** Augmented copies of each example, over whose answers and the plain one's the mean is taken. */
export interface TestTimeCopies {
  /** How many. @default {4} */
  readonly copies?: number;
  /** Random changes of each. @default {"gentle"} */
  readonly augment?: Augment;
  /** Part of the plain example in the mean; fastai's `beta` is 0.25. @default as much as each copy: 1 / (copies + 1) */
  readonly plainShare?: number;
  /** Seed of the random changes. @default {0} */
  readonly seed?: number;
}

/**
 * Test-time augmentation: a number of copies, changed as "gentle" does; a list with what is done to each
 * copy, a transform or several; or copies with more to say.
 */
export type TestTimeAugmentation =
  | number
  | readonly (Augmentation | readonly Augmentation[])[]
  | TestTimeCopies;

const share = z.number().min(0).max(1);
const copies = z.int().positive();

/** The schema of `TestTimeAugmentation`. */
export const ttaSchema: z.ZodType<TestTimeAugmentation> = z.union([
  copies,
  z.array(z.custom<Augmentation>((value) => typeof value === "object" && value !== null)).min(1),
  z.strictObject({
    copies: copies.optional(),
    augment: z.custom<Augment>((value) => typeof value === "string" || Array.isArray(value))
      .optional(),
    plainShare: share.optional(),
    seed: z.number().optional(),
  }),
]).describe(
  "a number of copies, a list of transforms, or { copies, augment, plainShare, seed }",
) as z.ZodType<TestTimeAugmentation>;

/** What is done to a copy, and which draw of it. */
export interface CopyPlan {
  readonly augment: Augment;
  readonly draw: number;
}

/** The copies, and the plain example's part in the mean. */
export interface TtaPlan {
  readonly copies: readonly CopyPlan[];
  readonly plainShare: number;
  readonly seed: number;
}

/** Test-time augmentation with nothing left out. */
export function ttaPlan(tta: TestTimeAugmentation): TtaPlan {
  if (Array.isArray(tta)) {
    const list = tta as readonly (Augmentation | readonly Augmentation[])[];
    const copies = list.map((one) => ({
      augment: Array.isArray(one) ? one as readonly Augmentation[] : [one as Augmentation],
      draw: 0,
    }));
    return { copies, plainShare: 1 / (copies.length + 1), seed: 0 };
  }
  const given = typeof tta === "number" ? { copies: tta } : tta as TestTimeCopies;
  const { copies = 4, augment = "gentle", seed = 0 } = given;
  const { plainShare = 1 / (copies + 1) } = given;
  return {
    copies: Array.from({ length: copies }, (_, draw) => ({ augment, draw })),
    plainShare,
    seed,
  };
}
