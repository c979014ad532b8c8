import {
  absolute,
  add,
  divide,
  type Expr,
  maximum,
  multiply,
} from "../../artifacts/update/expression.ts";

/** The least float32 that is not denormal. */
const LEAST_NORMAL = 2 ** -126;

/** Decay that acts by the gradient: `gradient + weightDecay·parameter`. */
export function withDecay(gradient: Expr, parameter: Expr, weightDecay: number): Expr {
  return weightDecay > 0 ? add(gradient, multiply(parameter, weightDecay)) : gradient;
}

/** Decay that acts on the parameter itself: `kept·parameter`. */
export function shrunk(parameter: Expr, kept: Expr, weightDecay: number): Expr {
  return weightDecay > 0 ? multiply(parameter, kept) : parameter;
}

/** A running mean: `decay·mean + (1 − decay)·value`. */
export function runningMean(mean: Expr, value: Expr, decay: number): Expr {
  return add(multiply(mean, decay), multiply(value, 1 - decay));
}

/** A running mean of squares: `decay·mean + (1 − decay)·value²`. */
export function runningSquare(mean: Expr, value: Expr, decay: number): Expr {
  return add(multiply(mean, decay), multiply(multiply(value, value), 1 - decay));
}

/** 1, 0 or −1 as the number is above, at or below 0; less for the denormal ones. */
export function sign(value: Expr): Expr {
  return divide(value, maximum(absolute(value), LEAST_NORMAL));
}
