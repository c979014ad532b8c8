import { z } from "zod";
import type { Probe } from "../../artifacts/update/rule_parts.ts";
import { absolute, multiply } from "../../artifacts/update/expression.ts";
import { checkOptions } from "../../tensor/options.ts";
import { amount, type Optimizer } from "./optimizer.ts";

/** Options of `sam`. */
export interface SamOptions {
  /** How far from the weights the gradients are taken. @default {0.05} */
  readonly rho?: number;
  /** Whether the distance is relative to each weight's size, so that rescaling changes nothing. @default {false} */
  readonly adaptive?: boolean;
}

const schema: z.ZodType<SamOptions> = z.strictObject({
  rho: amount.optional(),
  adaptive: z.boolean().optional(),
}) as z.ZodType<SamOptions>;

/**
 * Any optimizer with the gradients of the worst place near the weights, which leads to flat minima: each
 * step computes the gradients g, then those at p + rho·g/‖g‖ on the same batch, and steps from p by
 * the latter. It takes twice the time (Foret et al., arXiv 2010.01412; adaptive: Kwon et al., arXiv
 * 2102.11600, with p²·g/‖|p|·g‖). Dropout draws the same masks twice, running statistics move once.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sam, sgd } from "@graft/graft";
 *
 * assertEquals(sam(sgd({ momentum: 0.9 }), { rho: 0.1 }).probe?.radius, 0.1);
 * ```
 */
export function sam(inner: Optimizer, options: SamOptions = {}): Optimizer {
  const { rho = 0.05, adaptive = false } = checkOptions("sam", schema, options);
  if (inner.probe) throw new RangeError(`sam(): the optimizer ${inner.name} is one already`);
  const { withWeightDecay } = inner;
  return {
    ...inner,
    name: `sam(${inner.name})`,
    settings: { ...inner.settings, samRho: rho, samAdaptive: adaptive },
    probe: { radius: rho, ...(adaptive ? RELATIVE : PLAIN) },
    ...(withWeightDecay && {
      withWeightDecay: (decay: number) => sam(withWeightDecay(decay), { rho, adaptive }),
    }),
  };
}

const PLAIN: Omit<Probe, "radius"> = {
  length: ({ gradient }) => gradient,
  direction: ({ gradient }) => gradient,
};

const RELATIVE: Omit<Probe, "radius"> = {
  length: ({ parameter, gradient }) => multiply(absolute(parameter), gradient),
  direction: ({ parameter, gradient }) => multiply(multiply(parameter, parameter), gradient),
};
