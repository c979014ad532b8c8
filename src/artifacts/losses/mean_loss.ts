import { type Builder, dimsOf, typeOf } from "../../autodiff/builder.ts";
import { Value } from "../../onnx/graph.ts";
import { sameShape } from "../../tensor/shape.ts";
import type { Loss, LossContext, LossDefinition, LossTerm } from "../loss.ts";
import { lossOf, OWN } from "./by_name.ts";

/** The loss of a batch. */
export interface MeanLoss {
  /** The loss, a scalar. */
  readonly loss: Value;
  /**
   * Σ vᵢ·lossᵢ and Σ vᵢ·weightᵢ of each mean, one after the other, `[2·means]`, so that losses of
   * several batches can be put together; `undefined` where the examples' own weights are all there are.
   */
  readonly sums: Value | undefined;
  /** What each mean is multiplied by. */
  readonly factors: readonly number[];
}

/** The loss of a batch: the mean over the examples by their weights, or by terms of the loss's own. */
export function meanLoss(
  g: Builder,
  loss: Loss,
  { output, target, context }: {
    readonly output: Value;
    readonly target: Value;
    readonly context: LossContext;
  },
): MeanLoss {
  const definition = lossOf(loss);
  const terms = termsOf(g, definition, output, target, context);
  const [first] = terms as [LossTerm];
  const isPlain = terms.length === 1 && !first.weights && dimsOf(first.losses).length === 1;
  const parts: Value[] = [];
  const sums: Value[] = [];
  const factors: number[] = [];
  for (const { losses, weights, factor = 1 } of terms) {
    const { mean, sum, weight } = dimsOf(losses).length === 0
      ? asMean(g, losses, context.weights)
      : meanOf(g, losses, weights, context.weights);
    parts.push(g.scale(mean, factor));
    factors.push(factor);
    sums.push(g.reshape(sum, [1]), g.reshape(weight, [1]));
  }
  return {
    loss: parts.length === 1 ? parts[0]! : g.sum(parts),
    sums: isPlain ? undefined : g.concat(sums, 0),
    factors,
  };
}

/** A number that each batch adds, as the mean that it is over batches by their weights. */
function asMean(g: Builder, number: Value, given: Value | undefined) {
  const weight = given ? g.reduceSum(given, [0], false) : g.scalar(1, number);
  return { mean: number, sum: g.mul(number, weight), weight };
}

/** Σ v·loss / Σ v·weight; with weights of a term's own, 0 where nothing counts. */
function meanOf(g: Builder, losses: Value, weights: Value | undefined, given: Value | undefined) {
  const weighted = (value: Value) => given ? g.mul(value, given) : value;
  const sum = g.reduceSum(weighted(losses), [0], false);
  if (!weights && !given) {
    const mean = g.reduce("ReduceMean", losses, [0], false);
    return { mean, sum, weight: g.scalar(dimsOf(losses)[0]!, losses) };
  }
  const weight = g.reduceSum(weights ? weighted(weights) : given!, [0], false);
  if (!weights) return { mean: g.div(sum, weight), sum, weight };
  const isNone = g.compare("Equal", weight, g.scalar(0, weight));
  return { mean: g.div(sum, g.where(isNone, g.scalar(1, weight), weight)), sum, weight };
}

/** The terms of a loss, checked. */
export function termsOf(
  g: Builder,
  { name, losses }: LossDefinition,
  output: Value,
  target: Value,
  context: LossContext,
): readonly LossTerm[] {
  const found: unknown = losses(g, output, target, context);
  const terms = Array.isArray(found) ? found as LossTerm[] : [{ losses: found as Value }];
  const batch = dimsOf(output)[0]!;
  const wrong = terms.length === 0 ? [found] : terms.flatMap((term) => [
    ...isNumbers(term?.losses, [batch]) || Array.isArray(found) && isNumbers(term?.losses, [])
      ? []
      : [term?.losses],
    ...term?.weights === undefined || isNumbers(term.weights, [batch]) ? [] : [term.weights],
  ]);
  if (wrong.length === 0) return terms;
  throw refusal(name, wrong[0], batch);
}

function isNumbers(value: unknown, shape: readonly number[]): boolean {
  return value instanceof Value && typeOf(value) === "float32" && sameShape(dimsOf(value), shape);
}

function refusal(name: string, value: unknown, batch: number): TypeError {
  const found = value instanceof Value
    ? `${typeOf(value)}[${dimsOf(value)}] for a batch of ${batch}`
    : `${value}`;
  const what = name === OWN ? "A loss of one's own" : `The loss "${name}"`;
  return new TypeError(
    `${what} must give one number an example, float32[N], found ${found}; ` +
      'average over the other axes, as in g.reduce("ReduceMean", losses, [1], false)',
  );
}
