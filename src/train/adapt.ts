import { z } from "zod";
import { adaptLoss } from "../artifacts/losses/adapt_loss.ts";
import type { Alignment } from "../artifacts/losses/alignment.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { type JointDataset, paired } from "./pairs.ts";

/** Options of `adapt`. */
export interface AdaptOptions {
  /** What makes the two alike, such as `mmd()` or `adversarial({ output: "domain" })`, or several. */
  readonly by: Alignment | readonly Alignment[];
}

const alignment = z.custom<Alignment>((value) =>
  typeof value === "object" && value !== null && "terms" in value && "name" in value
).describe("mmd() or adversarial()");

const schema: z.ZodType<AdaptOptions> = z.strictObject({
  by: z.union([alignment, z.array(alignment).min(1)]),
}) as z.ZodType<AdaptOptions>;

/**
 * Labelled data of a source and data of a target, whose labels are not looked at, as one data set for
 * `fit`: unsupervised domain adaptation. The loss is that of the source examples, `fit`'s option
 * `loss`, plus what makes the network see both alike. Each batch has half its examples of each; an
 * epoch goes once through the larger one, and the smaller one comes again. Validation data are
 * labelled ones of either domain.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { adapt, arrays, fit, loadBackbone, mmd } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const pictures = (count: number) => {
 *   const data = Float32Array.from({ length: count * 784 }, (_, i) => Math.sin(i));
 *   return { type: "float32", dims: [count, 1, 28, 28], data } as const;
 * };
 * const targets = { type: "int64", dims: [6], data: new BigInt64Array(6) } as const;
 * const source = arrays({ inputs: { x: pictures(6) }, targets });
 * const target = arrays({ inputs: { x: pictures(4) } });
 * const both = adapt(source, target, { by: mmd() });
 * assertEquals(both.length, 12);
 * const { history } = await fit(model, both, { epochs: 2, batchSize: 6, verbose: false });
 * assert(history.epochs[1]!.loss < history.epochs[0]!.loss);
 * ```
 */
export function adapt(source: Dataset, target: Dataset, options: AdaptOptions): JointDataset {
  const { by } = checkOptions("adapt", schema, options);
  const alignments = "terms" in by ? [by] : by;
  return paired(source, target, {
    name: "adapt",
    main: 0,
    isLabelled: false,
    loss: (loss, [form]) =>
      adaptLoss(
        { loss, factor: 1, target: form!, classes: source.classes?.length },
        alignments,
      ),
  });
}
