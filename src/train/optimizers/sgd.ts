import { z } from "zod";
import { add, multiply, subtract } from "../../artifacts/update/expression.ts";
import { checkOptions } from "../../tensor/options.ts";
import { withDecay } from "./formulas.ts";
import { amount, asOptimizer, type Optimizer, rate, share } from "./optimizer.ts";

/** Options of `sgd`. */
export interface SgdOptions {
  /** Step size. @default {0.01} */
  readonly learningRate?: number;
  /** How much of the velocity stays from step to step. @default {0} */
  readonly momentum?: number;
  /** Nesterov's momentum: the gradient as if one step further. @default {false} */
  readonly nesterov?: boolean;
  /** Decay of the weights towards 0, added to the gradient. @default {0} */
  readonly weightDecay?: number;
}

const schema: z.ZodType<SgdOptions> = z.strictObject({
  learningRate: rate.optional(),
  momentum: share.optional(),
  nesterov: z.boolean().optional(),
  weightDecay: amount.optional(),
}) as z.ZodType<SgdOptions>;

/**
 * Stochastic gradient descent, as `torch.optim.SGD` does it: v ← momentum·v + g, p ← p − lr·v, with
 * g + weightDecay·p in the place of g (Sutskever et al., 2013).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sgd } from "@graft/graft";
 *
 * assertEquals(sgd({ learningRate: 0.1, momentum: 0.9 }).state, ["velocity"]);
 * ```
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { learningRate = 0.01, momentum = 0, nesterov = false, weightDecay = 0 } = checkOptions(
    "sgd",
    schema,
    options,
  );
  if (nesterov && momentum === 0) {
    throw new RangeError('sgd(): option "nesterov" needs a "momentum" above 0');
  }
  const settings = { learningRate, momentum, nesterov, weightDecay };
  return asOptimizer<"velocity", "learningRate">({
    name: "sgd",
    learningRate,
    state: momentum > 0 ? ["velocity"] : [],
    settings,
    withWeightDecay: (weightDecay) => sgd({ ...settings, weightDecay }),
    scalars: (_step, learningRate) => ({ learningRate }),
    update: ({ parameter, gradient, state, scalar }) => {
      const decayed = withDecay(gradient, parameter, weightDecay);
      if (momentum === 0) {
        const stepped = subtract(parameter, multiply(scalar.learningRate, decayed));
        return { parameter: stepped, state: state as never };
      }
      const velocity = add(multiply(state.velocity, momentum), decayed);
      const direction = nesterov ? add(decayed, multiply(velocity, momentum)) : velocity;
      return {
        parameter: subtract(parameter, multiply(scalar.learningRate, direction)),
        state: { velocity },
      };
    },
  });
}
