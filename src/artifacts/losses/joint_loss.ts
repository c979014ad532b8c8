import { type Builder, dimsOf, typeOf } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Loss, LossContext, LossDefinition, LossTerm } from "../loss.ts";
import { lossKey, lossOf } from "./by_name.ts";
import { termsOf } from "./mean_loss.ts";

/** One of the losses that are added up. */
export interface JointPart {
  /** The loss of its examples. */
  readonly loss: Loss;
  /** What its mean is multiplied by. */
  readonly factor: number;
  /** The output that it is taken of. @default {the first} */
  readonly output?: string | undefined;
  /** The targets of one example: class indices, or numbers of a shape. */
  readonly target: "index" | readonly number[];
}

/** How many numbers a target takes in a row of joint targets. */
export function targetSize(target: JointPart["target"]): number {
  return target === "index" ? 1 : sizeOf(target);
}

/**
 * The sum of losses of several kinds of examples in one batch, each a mean over its own kind times its
 * factor. Rows of targets `[N, 1 + W]` are the kind, then the target's numbers, filled up with zeros.
 * Targets of another form are those of the last part alone, as in validation data.
 */
export function jointLoss(parts: readonly JointPart[]): LossDefinition {
  const definitions = parts.map(({ loss }) => lossOf(loss));
  const last = definitions.at(-1)!;
  const width = 1 + Math.max(...parts.map(({ target }) => targetSize(target)));
  const outputs = parts.flatMap(({ output }, i) => [
    ...output === undefined ? [] : [output],
    ...definitions[i]!.outputs ?? [],
  ]);
  const teachers = definitions.flatMap(({ teacher }) => teacher ?? []);
  const isJoint = ({ type, dims }: { type: string; dims: readonly number[] }) =>
    type === "float32" && dims.length === 2 && dims[1] === width;
  return {
    ...last,
    name: "joint",
    settings: { parts: parts.map((part) => ({ ...part, loss: lossKey(part.loss) })) },
    ...(outputs.length > 0 && { outputs }),
    ...(teachers[0] && { teacher: teachers[0] }),
    label: (targets, row) => labelOf(parts, isJoint(targets) ? targets : undefined, row),
    losses: (g, output, target, context) => {
      if (!isJoint({ type: typeOf(target), dims: dimsOf(target) })) {
        return termsOf(g, last, outputOf(g, parts.at(-1)!, output, context), target, context);
      }
      return parts.flatMap((part, kind) => partTerms(g, part, kind, { output, target, context }));
    },
  };
}

/** The terms of one part, in which the other parts' examples do not count. */
function partTerms(
  g: Builder,
  part: JointPart,
  kind: number,
  { output, target, context }: {
    readonly output: Value;
    readonly target: Value;
    readonly context: LossContext;
  },
): LossTerm[] {
  const count = dimsOf(target)[0]!;
  const isOwn = g.compare("Equal", g.slice(target, [1], [0], [1]), g.scalar(kind, target));
  const own = g.reshape(g.cast(isOwn, "float32"), [count]);
  const found = outputOf(g, part, output, context);
  const rest = g.slice(target, [1], [1], [1 + targetSize(part.target)]);
  const wanted = g.where(isOwn, rest, g.scalar(0, target));
  const targets = part.target === "index"
    ? g.cast(g.reshape(wanted, [count]), "int64")
    : g.reshape(wanted, [count, ...part.target]);
  const weights = context.weights ? g.mul(context.weights, own) : own;
  const terms = termsOf(g, lossOf(part.loss), found, targets, { ...context, weights });
  return terms.map(({ losses, weights: each, factor = 1 }): LossTerm => {
    if (dimsOf(losses).length === 0) return { losses, factor: factor * part.factor };
    return {
      losses: g.mul(losses, own),
      weights: each ? g.mul(each, own) : own,
      factor: factor * part.factor,
    };
  });
}

function outputOf(g: Builder, part: JointPart, output: Value, context: LossContext): Value {
  return part.output === undefined ? output : g.cast(context.output(part.output), "float32");
}

/** The class of an example of the last part, which is what the model is for. */
function labelOf(
  parts: readonly JointPart[],
  targets: Tensor | undefined,
  row: number,
): number | undefined {
  const { loss, target, output } = parts.at(-1)!;
  const isClass = target === "index" && lossOf(loss).targets === "classes" && output === undefined;
  if (!targets || !isClass) return undefined;
  const start = row * targets.dims[1]!;
  return Number(targets.data[start]) === parts.length - 1
    ? Number(targets.data[start + 1])
    : undefined;
}
