import { type Builder, dimsOf, typeOf } from "../autodiff/builder.ts";
import { Value } from "../onnx/graph.ts";
import { sameShape } from "../tensor/shape.ts";

/** Losses by name. */
export type LossName = "crossEntropy" | "mse" | "binaryCrossEntropy";

/**
 * A loss of one's own: from the model's output `[N, ...]` and the targets, one number an example,
 * `[N]`. `g` adds the operators.
 */
export type LossFunction = (g: Builder, output: Value, target: Value) => Value;

/** A loss by name, or one's own. */
export type Loss = LossName | LossFunction;

/**
 * The loss of each example, `[N]`. Throws `TypeError` where the targets do not fit the output, so that
 * nothing is broadcast in silence.
 */
export function exampleLosses(g: Builder, loss: Loss, output: Value, target: Value): Value {
  if (typeof loss === "function") return ownLosses(g, loss, output, target);
  switch (loss) {
    case "crossEntropy":
      return crossEntropy(g, output, target);
    case "mse": {
      const error = g.sub(output, numbersLike(g, loss, output, target));
      return meanPerExample(g, g.mul(error, error));
    }
    case "binaryCrossEntropy":
      // −t·ln σ(x) − (1 − t)·ln(1 − σ(x)) = ln(1 + e^x) − t·x, which no x makes overflow.
      return meanPerExample(
        g,
        g.sub(
          g.unary("Softplus", output),
          g.mul(output, numbersLike(g, loss, output, target)),
        ),
      );
  }
}

/** The mean of the losses by weight: Σ weight·loss / Σ weight, a scalar. */
export function weightedMean(g: Builder, losses: Value, weights: Value): Value {
  const total = g.reduceSum(g.mul(losses, weights), [0], false);
  return g.div(total, g.reduceSum(weights, [0], false));
}

/** −ln of the probability of the right class; or against a distribution over the classes. */
function crossEntropy(g: Builder, output: Value, target: Value): Value {
  const shape = dimsOf(output);
  const logits = shape.length > 2 && shape.slice(2).every((dim) => dim === 1)
    ? g.reshape(output, shape.slice(0, 2))
    : output;
  checkClassTargets(logits, target);
  const logs = g.logSoftmax(logits, 1);
  if (typeOf(target) !== "int64") {
    return meanPerExample(g, g.neg(g.reduceSum(g.mul(logs, target), [1], false)));
  }
  const places = dimsOf(target);
  const column = g.reshape(target, [places[0]!, 1, ...places.slice(1)]);
  const picked = g.op("GatherElements", [logs, column], dimsOf(column), { axis: 1 });
  return meanPerExample(g, g.neg(g.reshape(picked, places)));
}

function meanPerExample(g: Builder, errors: Value): Value {
  const axes = dimsOf(errors).map((_, axis) => axis).slice(1);
  return axes.length === 0 ? errors : g.reduce("ReduceMean", errors, axes, false);
}

/** Targets as numbers of the output's shape; axes of size 1 may be left out or added. */
function numbersLike(g: Builder, loss: LossName, output: Value, target: Value): Value {
  const [wanted, found] = [dimsOf(output), dimsOf(target)];
  const long = (dims: readonly number[]) => dims.slice(1).filter((dim) => dim !== 1);
  if (wanted[0] !== found[0] || !sameShape(long(wanted), long(found))) {
    throw misfit(loss, `numbers ${perExample(wanted)}`, target, output);
  }
  return g.reshape(g.cast(target, "float32"), wanted);
}

function checkClassTargets(logits: Value, target: Value): void {
  const dims = dimsOf(logits);
  if (dims.length < 2 || dims[1]! < 2) {
    throw new TypeError(
      `The loss "crossEntropy" needs an output for each of two classes or more, found ` +
        `${perExample(dims)}; take "mse" or "binaryCrossEntropy", or give the model another head`,
    );
  }
  const indices = [dims[0]!, ...dims.slice(2)];
  const isIndices = typeOf(target) === "int64";
  if (sameShape(dimsOf(target), isIndices ? indices : dims)) return;
  const wanted = `class indices ${perExample(indices)}, or a distribution over the classes ` +
    perExample(dims);
  throw misfit("crossEntropy", wanted, target, logits);
}

function misfit(loss: LossName, wanted: string, target: Value, output: Value): TypeError {
  return new TypeError(
    `The loss "${loss}" needs targets that are ${wanted}, for the model's output ` +
      `${perExample(dimsOf(output))}; found ${typeOf(target)} ${perExample(dimsOf(target))}`,
  );
}

function ownLosses(g: Builder, loss: LossFunction, output: Value, target: Value): Value {
  const losses: unknown = loss(g, output, target);
  const batch = dimsOf(output)[0]!;
  if (
    losses instanceof Value && typeOf(losses) === "float32" && sameShape(dimsOf(losses), [batch])
  ) return losses;
  const found = losses instanceof Value
    ? `${typeOf(losses)}[${dimsOf(losses)}] for a batch of ${batch}`
    : `${losses}`;
  throw new TypeError(
    `A loss of one's own must give one number an example, float32[N], found ${found}; ` +
      'average over the other axes, as in g.reduce("ReduceMean", losses, [1], false)',
  );
}

/** A shape with the batch as `N`: programs are made for a batch size that the user need not know. */
function perExample(dims: readonly number[]): string {
  return `[${["N", ...dims.slice(1)]}]`;
}
