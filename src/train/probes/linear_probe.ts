import { z } from "zod";
import { type Device, deviceOption } from "../../runtime/device.ts";
import { runtimeFor } from "../../runtime/onnxruntime.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { checkOptions } from "../../tensor/options.ts";
import { permutation, rng } from "../../tensor/rng.ts";
import { type Progress, stderrProgress } from "../progress.ts";
import { labelled, type LabelledRows, rowsAt } from "./rows.ts";
import { type FeatureOrigin, type LogisticRegression, SoftmaxFit } from "./softmax_fit.ts";

/** Options of `linearProbe`. */
export interface LinearProbeOptions {
  /** Features to choose `C` by. @default {the same features, in `folds` parts} */
  readonly validation?: LabelledRows;
  /** Values of `C` to try. @default {1e-4, 1e-3, … 1e4} */
  readonly Cs?: readonly number[];
  /** Parts of a cross-validation, where there is no validation data. @default {5} */
  readonly folds?: number;
  /** How much the rows of each class count; `"balanced"`: all classes as much. @default {1 each} */
  readonly classWeights?: "balanced" | readonly number[];
  /** Seed of the parts. @default {0} */
  readonly seed?: number;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
  /** Whether to show progress on stderr. @default {true} */
  readonly verbose?: boolean;
}

/** A linear classifier, and how its strength was chosen. */
export interface LinearProbe extends LogisticRegression {
  /** Accuracy on the validation data for every `C` tried. */
  readonly tried: readonly { readonly C: number; readonly score: number }[];
}

const isRows = (value: unknown) => typeof value === "object" && value !== null && "data" in value;
const schema: z.ZodType<LinearProbeOptions> = z.strictObject({
  validation: z.custom<LabelledRows>(isRows).describe("features with targets").optional(),
  Cs: z.array(z.number().positive()).min(1).optional(),
  folds: z.number().int().min(2).optional(),
  classWeights: z.union([z.literal("balanced"), z.array(z.number().min(0)).min(2)]).optional(),
  seed: z.number().int().optional(),
  device: deviceOption,
  verbose: z.boolean().optional(),
}) as z.ZodType<LinearProbeOptions>;

const DECADES = [1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1e3, 1e4];

/**
 * The accuracy that a linear classifier has on features, which says how good they are: a
 * `logisticRegression` with the `C` that does best on `validation`, or in a cross-validation with equal
 * shares of every class (as for CLIP, Radford et al., arXiv 2103.00020). Of equally good ones the
 * smallest `C` is taken; the probe has learned from all of `features`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { linearProbe } from "@graft/graft";
 *
 * const features = { data: Float32Array.of(-2, -1, 1, 2), shape: [4, 1], targets: [0, 0, 1, 1] };
 * const probe = await linearProbe(features, { Cs: [0.1, 1], folds: 2, verbose: false });
 * assertEquals(probe.tried, [{ C: 0.1, score: 1 }, { C: 1, score: 1 }]);
 * assertEquals(probe.C, 0.1);
 * ```
 */
export async function linearProbe(
  features: LabelledRows & FeatureOrigin,
  options: LinearProbeOptions = {},
): Promise<LinearProbe> {
  const { validation, Cs = DECADES, folds = 5, classWeights, seed = 0, device = "auto", verbose } =
    checkOptions("linearProbe", schema, options);
  const progress = stderrProgress(verbose ?? true, "linear probe");
  const runtime = await runtimeFor(device, progress.note);
  const weighted = classWeights ? { classWeights } : {};
  const strengths = [...Cs].sort((a, b) => a - b);
  const parts = validation
    ? [{ train: features, held: validation }]
    : partsOf(features, folds, seed);
  const scores = new Float64Array(strengths.length);
  const total = strengths.length * parts.length;
  try {
    for (const [at, { train, held }] of parts.entries()) {
      const each = await scoresOf(runtime, { train, held, strengths, weighted }, progress, {
        done: at * strengths.length,
        total,
      });
      each.forEach((score, c) => scores[c]! += score / parts.length);
    }
    const best = scores.indexOf(scores.reduce((a, b) => Math.max(a, b)));
    const fitting = await SoftmaxFit.on(runtime, features, weighted);
    try {
      const probe = await fitting.at(strengths[best]!);
      return { ...probe, tried: strengths.map((C, c) => ({ C, score: scores[c]! })) };
    } finally {
      await fitting.release();
    }
  } finally {
    progress.done();
  }
}

async function scoresOf(
  runtime: Runtime,
  { train, held, strengths, weighted }: {
    readonly train: LabelledRows;
    readonly held: LabelledRows;
    readonly strengths: readonly number[];
    readonly weighted: { classWeights?: "balanced" | readonly number[] };
  },
  progress: Progress,
  { done, total }: { readonly done: number; readonly total: number },
): Promise<number[]> {
  const fitting = await SoftmaxFit.on(runtime, train, weighted);
  const scores: number[] = [];
  try {
    for (const C of strengths) {
      const probe = await fitting.at(C);
      scores.push(await probe.score(held));
      progress.at(done + scores.length, total, `C ${C}`);
    }
  } finally {
    await fitting.release();
  }
  return scores;
}

/** Parts of a cross-validation: each class dealt out in turn. */
function partsOf(features: LabelledRows, folds: number, seed: number) {
  labelled("linearProbe", features);
  const { targets } = features;
  const dealt = new Map<number, number>();
  const part = new Int32Array(targets.length).fill(-1);
  for (const row of permutation(targets.length, rng(seed, "folds"))) {
    const target = targets[row]!;
    if (!(target >= 0)) continue;
    const before = dealt.get(target) ?? 0;
    part[row] = before % folds;
    dealt.set(target, before + 1);
  }
  const least = Math.min(...dealt.values());
  if (least < folds) {
    throw new RangeError(
      `linearProbe(): option "folds" is ${folds}, but a class has ${least} rows; give fewer folds, or ` +
        '"validation"',
    );
  }
  const rows = Array.from({ length: targets.length }, (_, row) => row).filter((row) =>
    part[row]! >= 0
  );
  return Array.from({ length: folds }, (_, fold) => ({
    train: rowsAt(features, rows.filter((row) => part[row] !== fold)),
    held: rowsAt(features, rows.filter((row) => part[row] === fold)),
  }));
}
