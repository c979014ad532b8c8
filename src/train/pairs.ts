import type { Loss } from "../artifacts/loss.ts";
import { type JointPart, targetSize } from "../artifacts/losses/joint_loss.ts";
import type { Dataset, Example, PrepareOptions } from "../tensor/dataset.ts";
import { permutation } from "../tensor/rng.ts";
import { tensor, toNumbers } from "../tensor/tensor.ts";
import type { Sampler } from "./samplers/sampler.ts";

/** Two data sets to be learned together. */
export interface JointDataset extends Dataset {
  /** The data set of the task that the model is for, of whose examples the option `loss` is. */
  readonly main: Dataset;
  /** The loss of both, from that of the main examples. */
  jointLoss(loss: Loss): Promise<Loss>;
  /** Draws both in pairs, so that every batch of an even size has as many of each. */
  readonly sampler: Sampler;
}

/** What targets of one data set are. */
export type TargetForm = JointPart["target"];

/** How two data sets become one. */
export interface PairPlan {
  /** Name of the function that pairs them. */
  readonly name: string;
  /** Which of them the model's task is of. */
  readonly main: 0 | 1;
  /** Whether the targets of the second are learned from, or not so much as looked at. */
  readonly isLabelled: boolean;
  /** The loss, from that of the main examples and the forms of the targets of the labelled sets. */
  loss(loss: Loss, forms: readonly TargetForm[]): Loss;
}

/** Pairs of examples: those of the first data set at even places, those of the second at odd ones. */
export function paired(first: Dataset, second: Dataset, plan: PairPlan): JointDataset {
  const both = [first, second] as const;
  const main = both[plan.main];
  const length = 2 * Math.max(first.length, second.length);
  let known: Promise<readonly TargetForm[]> | undefined;
  const labelled = plan.isLabelled ? both : [first];
  const forms = () => known ??= Promise.all(labelled.map((one) => formOf(one, plan.name)));
  const prepare = (how: PrepareOptions): JointDataset => {
    const [one, other] = both.map((dataset) => dataset.prepare?.(how) ?? dataset);
    return paired(one!, other!, plan);
  };
  return {
    length,
    main,
    sampler: { ...sampler, name: plan.name },
    ...(main.classes && { classes: main.classes }),
    ...(both.some((one) => one.prepare) && { prepare }),
    ...(both.some((one) => one.changing) && { changing: true }),
    get skipped() {
      return both.flatMap(({ skipped }) => skipped ?? []);
    },
    async fingerprint() {
      const parts = await Promise.all(both.map((one) => one.fingerprint?.()));
      if (parts.some((part) => part === undefined)) return undefined;
      return `${plan.name}\n${parts.join("\n")}`;
    },
    async get(index, epoch = 0) {
      const kind = index % 2;
      const dataset = both[kind]!;
      const place = index >> 1;
      // An example that comes again in an epoch is changed at random anew.
      const rounds = Math.ceil(length / 2 / dataset.length);
      const draw = epoch * rounds + Math.floor(place / dataset.length);
      const example = await dataset.get(place % dataset.length, draw);
      if (!example) return undefined;
      const isOpen = kind === 1 && !plan.isLabelled;
      const target = rowOf(kind, isOpen ? 0 : example.target, await forms(), plan.name);
      return { ...example, target };
    },
    async jointLoss(loss) {
      return plan.loss(loss, await forms());
    },
  };
}

/** Whether a data set is one that `joint` or `adapt` made. */
export function isJoint(dataset: Dataset): dataset is JointDataset {
  return "jointLoss" in dataset;
}

/** Draws pairs, so that both examples of one stay together. */
const sampler: Omit<Sampler, "name"> = {
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
function rowOf(
  kind: number,
  target: Example["target"],
  forms: readonly TargetForm[],
  name: string,
) {
  if (target === undefined) {
    throw new TypeError(`${name}(): an example has no target to learn from`);
  }
  const row = new Float32Array(1 + Math.max(...forms.map(targetSize)));
  row.set([kind, ...typeof target === "number" ? [target] : toNumbers(target)]);
  return tensor("float32", [row.length], row);
}

/** What the targets of a data set are, by its first example. */
async function formOf(dataset: Dataset, name: string): Promise<TargetForm> {
  for (let index = 0; index < dataset.length; index++) {
    const target = (await dataset.get(index))?.target;
    if (target !== undefined) return typeof target === "number" ? "index" : target.dims;
  }
  throw new TypeError(`${name}(): the examples of a data set have no targets to learn from`);
}
