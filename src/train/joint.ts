import { z } from "zod";
import type { Loss } from "../artifacts/loss.ts";
import { jointLoss } from "../artifacts/losses/joint_loss.ts";
import { lossSchema } from "../artifacts/losses/schema.ts";
import type { Dataset } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { type JointDataset, paired } from "./pairs.ts";

/** Options of `joint`. */
export interface JointOptions {
  /** What the target's loss is multiplied by: λ. @default {1} */
  readonly weight?: number;
  /** The loss of source examples. @default {that of the target} */
  readonly sourceLoss?: Loss;
  /** The output of the model that source examples are for, as `addHead` adds it. @default {the first} */
  readonly sourceOutput?: string;
}

const schema: z.ZodType<JointOptions> = z.strictObject({
  weight: z.number().min(0).optional(),
  sourceLoss: lossSchema.optional(),
  sourceOutput: z.string().min(1).optional(),
}) as z.ZodType<JointOptions>;

/**
 * Two data sets to be learned together with shared weights, by the loss L_source + λ·L_target: each
 * batch has half its examples of each, and each L is the mean over its own. An epoch goes once through
 * the larger one; the smaller one comes again. `fit`'s option `loss` is that of the target; so are its
 * validation data. For two heads on one backbone add one with `addHead` and name it as
 * `sourceOutput`. Targets are class indices, or tensors of numbers.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arrays, fit, joint, loadBackbone } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const of = (count: number, label: bigint) => {
 *   const data = new Float32Array(count * 784).fill(Number(label));
 *   const x = { type: "float32", dims: [count, 1, 28, 28], data } as const;
 *   const targets = { type: "int64", dims: [count], data: new BigInt64Array(count).fill(label) } as const;
 *   return arrays({ inputs: { x }, targets });
 * };
 * const both = joint(of(6, 1n), of(4, 2n), { weight: 0.5 });
 * assertEquals(both.length, 12);
 * await fit(model, both, { epochs: 1, batchSize: 4, verbose: false });
 * ```
 */
export function joint(source: Dataset, target: Dataset, options: JointOptions = {}): JointDataset {
  const checked = checkOptions("joint", schema, options);
  const { weight = 1, sourceLoss, sourceOutput } = checked;
  return paired(source, target, {
    name: "joint",
    main: 1,
    isLabelled: true,
    loss: (loss, [first, second]) =>
      jointLoss([
        {
          loss: sourceLoss ?? loss,
          factor: 1,
          output: sourceOutput,
          target: first!,
          classes: source.classes?.length,
        },
        { loss, factor: weight, target: second!, classes: target.classes?.length },
      ]),
  });
}
