import { z } from "zod";
import type { UpdateRule } from "../../artifacts/update/update_rule.ts";
import { add, multiply, scalar, subtract } from "../../artifacts/update/expression.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { Optimizer } from "./optimizer.ts";

/** Options of `lookahead`. */
export interface LookaheadOptions {
  /** Steps of the inner optimizer between two of the slow weights. @default {5} */
  readonly steps?: number;
  /** How far the slow weights then go towards the fast ones. @default {0.5} */
  readonly alpha?: number;
}

const schema: z.ZodType<LookaheadOptions> = z.strictObject({
  steps: z.number().int().positive().optional(),
  alpha: z.number().positive().max(1).optional(),
}) as z.ZodType<LookaheadOptions>;

/**
 * Any optimizer, drawn back every few steps to slow weights that follow it half way: slow ← slow +
 * alpha·(p − slow), p ← slow (Zhang et al., arXiv 1907.08610). The slow weights begin as the weights.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { adamW, lookahead } from "@graft/graft";
 *
 * assertEquals(lookahead(adamW(), { steps: 6 }).state, ["mean", "square", "slow"]);
 * ```
 */
export function lookahead(inner: Optimizer, options: LookaheadOptions = {}): Optimizer {
  const { steps = 5, alpha = 0.5 } = checkOptions("lookahead", schema, options);
  if (inner.state.includes(SLOW)) {
    throw new RangeError(`lookahead(): the optimizer ${inner.name} has slow weights already`);
  }
  const wrap = (rule: UpdateRule): UpdateRule => ({
    ...rule,
    name: `lookahead(${rule.name})`,
    state: [...rule.state, SLOW],
    settings: { ...rule.settings, lookaheadSteps: steps, lookaheadAlpha: alpha },
    scalars: (step, learningRate) => ({
      ...rule.scalars(step, learningRate),
      ...slowScalars(step, steps, alpha),
    }),
    update: (terms) => {
      const { parameter, state } = rule.update(terms);
      const before = either("first", terms.parameter, terms.state[SLOW]!);
      const slow = add(before, multiply(scalar("slowStep"), subtract(parameter, before)));
      return { parameter: either("meets", slow, parameter), state: { ...state, [SLOW]: slow } };
    },
    ...(rule.withWeightDecay && {
      withWeightDecay: (decay: number) => lookahead(rule.withWeightDecay!(decay), { steps, alpha }),
    }),
    ...(rule.forShape && { forShape: byShape(rule.forShape, wrap) }),
  });
  return wrap(inner);
}

const SLOW = "slow";

/** Zeros and ones choose; all of it follows from the number of the step. */
function slowScalars(step: number, steps: number, alpha: number) {
  const isFirst = step === 1;
  const meets = step % steps === 0;
  return {
    first: isFirst ? 1 : 0,
    firstNot: isFirst ? 0 : 1,
    meets: meets ? 1 : 0,
    meetsNot: meets ? 0 : 1,
    slowStep: meets ? alpha : 0,
  };
}

/** `yes` where the scalar is 1, else `no`: exact for finite numbers. */
function either(name: string, yes: UpdateTerm, no: UpdateTerm): UpdateTerm {
  return add(multiply(scalar(name), yes), multiply(scalar(`${name}Not`), no));
}

type UpdateTerm = ReturnType<typeof scalar>;

/** The rules of another rule by shape, each wrapped once. */
function byShape(
  forShape: (shape: readonly number[]) => UpdateRule,
  wrap: (rule: UpdateRule) => UpdateRule,
): (shape: readonly number[]) => UpdateRule {
  const known = new Map<UpdateRule, UpdateRule>();
  return (shape) => {
    const rule = forShape(shape);
    const wrapped = known.get(rule) ?? wrap(rule);
    known.set(rule, wrapped);
    return wrapped;
  };
}
