import type { Expr } from "./expression.ts";

/** What the formula of an update rule may use. */
export interface UpdateTerms<State extends string = string, Scalar extends string = string> {
  /** The parameter's element. */
  readonly parameter: Expr;
  /** The gradient of the loss with respect to it. */
  readonly gradient: Expr;
  /** The numbers kept for it, by name. */
  readonly state: Readonly<Record<State, Expr>>;
  /** The numbers of this step, by name. */
  readonly scalar: Readonly<Record<Scalar, Expr>>;
  /** Of a factored rule, the mean square of the gradient as rows and columns estimate it. */
  readonly meanSquare?: Expr;
}

/** The formulas of the values after a step. */
export interface Updated<State extends string = string> {
  /** The new parameter. */
  readonly parameter: Expr;
  /** The new state, by name. */
  readonly state: Readonly<Record<State, Expr>>;
}

/**
 * Numbers that are the same for all elements of a tensor and depend on all of them, as the trust
 * ratio of LAMB does. They are taken of the values before the step.
 */
export interface TensorNumbers<State extends string = string, Scalar extends string = string> {
  /** Formulas whose lengths (L2) over the tensor are needed, by name. */
  lengths(terms: UpdateTerms<State, Scalar>): Readonly<Record<string, Expr>>;
  /** The numbers, from those lengths: they take the place of the rule's scalars of the same names. */
  scalars(
    lengths: Readonly<Record<string, number>>,
    at: TensorStep,
  ): Readonly<Record<string, number>>;
}

/** A step of a tensor. */
export interface TensorStep {
  /** Elements of the tensor. */
  readonly size: number;
  /** The step; the first is 1. */
  readonly step: number;
  /** Learning rate of the step. */
  readonly learningRate: number;
}

/**
 * Mean squares of a gradient `[..., R, C]` kept as means over its rows `[..., R]` and over its columns
 * `[..., C]`, whose product over their mean estimates each element's (Shazeer and Stern, arXiv 1804.04235).
 */
export interface Factored {
  /** How far the means move towards those of step `step`; 1 replaces them. */
  share(step: number): number;
  /** The least that the mean over all rows is taken for. */
  readonly least: number;
}

/**
 * Where to look at the gradients before a step, beside the parameters themselves: the step then takes
 * the gradients found there, from where the parameters were (Foret et al., arXiv 2010.01412).
 */
export interface Probe {
  /** How far the place is from the parameters. */
  readonly radius: number;
  /** A formula whose length over all parameters together divides the radius. */
  length(terms: ProbeTerms): Expr;
  /** The direction that the radius over that length is multiplied with. */
  direction(terms: ProbeTerms): Expr;
}

/** What the formulas of a probe may use. */
export interface ProbeTerms {
  /** The parameter's element. */
  readonly parameter: Expr;
  /** The gradient of the loss with respect to it. */
  readonly gradient: Expr;
}
