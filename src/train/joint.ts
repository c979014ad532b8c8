import { z } from "zod";
import type { Loss } from "../artifacts/loss.ts";
import { jointLoss, type JointPart, targetSize } from "../artifacts/losses/joint_loss.ts";
import { lossSchema } from "../artifacts/losses/schema.ts";
import type { Dataset, Example, PrepareOptions } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import { permutation } from "../tensor/rng.ts";
import { tensor, toNumbers } from "../tensor/tensor.ts";
import type { Sampler } from "./samplers/sampler.ts";

/** Options of `joint`. */
export interface JointOptions {
  /** What the target's loss is multiplied by: λ. @default {1} */
  readonly weight?: number;
  /** The loss of source examples. @default {that of the target} */
  readonly sourceLoss?: Loss;
  /** The output of the model that source examples are for, as `addHead` adds it. @default {the first} */
  readonly sourceOutput?: string;
}

/** Two data sets to be learned together. */
export interface JointDataset extends Dataset {
  /** The data set of the task that the model is for. */
  readonly ofTarget: Dataset;
  /** The loss of both, from that of the target examples. */
  jointLoss(loss: Loss): Promise<Loss>;
  /** Draws both in pairs, so that every batch of an even size has as many of each. */
  readonly sampler: Sampler;
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
  return paired(source, target, checked);
}

/** Whether a data set is one that `joint` made. */
export function isJoint(dataset: Dataset): dataset is JointDataset {
  return "jointLoss" in dataset;
}

/** Pairs of examples: those of the source at even places, those of the target at odd ones. */
function paired(source: Dataset, target: Dataset, options: JointOptions): JointDataset {
  const both = [source, target] as const;
  const length = 2 * Math.max(source.length, target.length);
  let known: Promise<readonly JointPart["target"][]> | undefined;
  const kinds = () => known ??= Promise.all(both.map(kindOf));
  const prepare = (how: PrepareOptions): JointDataset => {
    const [first, second] = both.map((one) => one.prepare?.(how) ?? one);
    return paired(first!, second!, options);
  };
  return {
    length,
    ofTarget: target,
    sampler,
    ...(target.classes && { classes: target.classes }),
    ...(both.some((one) => one.prepare) && { prepare }),
    get skipped() {
      return both.flatMap(({ skipped }) => skipped ?? []);
    },
    async fingerprint() {
      const parts = await Promise.all(both.map((one) => one.fingerprint?.()));
      return parts.some((part) => part === undefined) ? undefined : `joint\n${parts.join("\n")}`;
    },
    async get(index, epoch = 0) {
      const kind = index % 2;
      const dataset = both[kind]!;
      const place = index >> 1;
      // An example that comes again in an epoch is changed at random anew.
      const rounds = Math.ceil(length / 2 / dataset.length);
      const draw = epoch * rounds + Math.floor(place / dataset.length);
      const example = await dataset.get(place % dataset.length, draw);
      return example && { ...example, target: rowOf(kind, example, await kinds()) };
    },
    async jointLoss(loss) {
      const { weight = 1, sourceLoss = loss, sourceOutput } = options;
      const [first, second] = await kinds();
      return jointLoss([
        { loss: sourceLoss, factor: 1, output: sourceOutput, target: first! },
        { loss, factor: weight, target: second! },
      ]);
    },
  };
}

/** Draws pairs, so that both examples of one stay together. */
const sampler: Sampler = {
  name: "joint",
  length: (source) => source.length,
  draw: ({ length }, random) => {
    const pairs = permutation(length >> 1, random);
    // What is left of the last pair, where one could not be read, stays at the end.
    return Array.from(
      { length },
      (_, place) => 2 * (pairs[place >> 1] ?? length >> 1) + (place & 1),
    );
  },
};

/** The kind of an example, then its target, filled up to the longest. */
function rowOf(kind: number, { target }: Example, kinds: readonly JointPart["target"][]) {
  if (target === undefined) throw new TypeError("joint(): an example has no target to learn from");
  const row = new Float32Array(1 + Math.max(...kinds.map(targetSize)));
  row.set([kind, ...typeof target === "number" ? [target] : toNumbers(target)]);
  return tensor("float32", [row.length], row);
}

/** What the targets of a data set are, by its first example. */
async function kindOf(dataset: Dataset): Promise<JointPart["target"]> {
  for (let index = 0; index < dataset.length; index++) {
    const target = (await dataset.get(index))?.target;
    if (target !== undefined) return typeof target === "number" ? "index" : target.dims;
  }
  throw new TypeError("joint(): the examples of a data set have no targets to learn from");
}
