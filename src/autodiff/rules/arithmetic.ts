import { toNumbers } from "../../tensor/tensor.ts";
import { type GradRule, stop } from "../rule.ts";

/** C = A + B. */
export const add: GradRule<"Add"> = { A: ({ dy }) => dy.C, B: ({ dy }) => dy.C };

/** C = A − B. */
export const sub: GradRule<"Sub"> = { A: ({ dy }) => dy.C, B: ({ g, dy }) => g.neg(dy.C) };

/** C = A·B, so dA = dC·B and dB = dC·A. */
export const mul: GradRule<"Mul"> = {
  A: ({ g, x, dy }) => g.mul(dy.C, x.B),
  B: ({ g, x, dy }) => g.mul(dy.C, x.A),
};

/** C = A/B, so dA = dC/B and dB = −dC·C/B. */
export const div: GradRule<"Div"> = {
  A: ({ g, x, dy }) => g.div(dy.C, x.B),
  B: ({ g, x, y, dy }) => g.neg(g.div(g.mul(dy.C, y.C), x.B)),
};

/** The sum of all inputs. */
export const sum: GradRule<"Sum"> = { data_0: ({ dy }) => dy.sum };

/** Y = −X. */
export const neg: GradRule<"Neg"> = { X: ({ g, dy }) => g.neg(dy.Y) };

/** Y = |X|; 0 at 0. */
export const abs: GradRule<"Abs"> = { X: ({ g, x, dy }) => g.mul(dy.Y, g.unary("Sign", x.X)) };

/** Y = 1/X, so dX = −dY·Y². */
export const reciprocal: GradRule<"Reciprocal"> = {
  X: ({ g, y, dy }) => g.neg(g.mul(dy.Y, g.mul(y.Y, y.Y))),
};

/** output = exp(input). */
export const exp: GradRule<"Exp"> = { input: ({ g, y, dy }) => g.mul(dy.output, y.output) };

/** output = ln(input). */
export const log: GradRule<"Log"> = { input: ({ g, x, dy }) => g.div(dy.output, x.input) };

/** Y = √X, so dX = dY/(2Y). */
export const sqrt: GradRule<"Sqrt"> = { X: ({ g, y, dy }) => g.div(g.scale(dy.Y, 0.5), y.Y) };

/**
 * Z = X^Y, so dX = dZ·Y·X^(Y−1) and dY = dZ·Z·ln X. Where Y is 0 the first is 0, and where X is 0
 * the second is 0 (for Y ≥ 0), as in PyTorch.
 */
export const pow: GradRule<"Pow"> = {
  X: ({ g, x, dy }) => {
    const exponent = g.cast(x.Y, x.X.type!);
    const only = x.Y.constant?.data.length === 1 ? toNumbers(x.Y.constant)[0] : undefined;
    if (only === 2) return g.scale(g.mul(dy.Z, x.X), 2);
    const slope = g.mul(exponent, g.pow(x.X, g.shift(exponent, -1)));
    const safe = only !== undefined && only !== 0
      ? slope
      : g.where(g.compare("Equal", exponent, g.scalar(0, exponent)), g.scalar(0, slope), slope);
    return g.mul(dy.Z, safe);
  },
  Y: ({ g, x, y, dy }) => {
    const zero = g.scalar(0, x.X);
    const positive = g.compare("Greater", x.X, zero);
    const logarithm = g.unary("Log", g.where(positive, x.X, g.scalar(1, x.X)));
    const slope = g.mul(y.Z, logarithm);
    const isZero = g.and(
      g.compare("Equal", x.X, zero),
      g.compare("GreaterOrEqual", g.cast(x.Y, x.X.type!), zero),
    );
    const negative = g.where(g.compare("Less", x.X, zero), g.scalar(NaN, x.X), slope);
    return g.cast(g.mul(dy.Z, g.where(isZero, g.scalar(0, slope), negative)), x.Y.type!);
  },
};

const ROOT_PI = Math.sqrt(Math.PI);

/** output = erf(input), so d input = d output·2/√π·exp(−input²). */
export const erf: GradRule<"Erf"> = {
  input: ({ g, x, dy }) => {
    const bell = g.unary("Exp", g.neg(g.mul(x.input, x.input)));
    return g.mul(dy.output, g.scale(bell, 2 / ROOT_PI));
  },
};

/** output = condition ? X : Y. */
export const where: GradRule<"Where"> = {
  condition: stop("a condition has no derivative"),
  X: ({ g, x, dy }) => g.where(x.condition, dy.output, g.scalar(0, dy.output)),
  Y: ({ g, x, dy }) => g.where(x.condition, g.scalar(0, dy.output), dy.output),
};

/** The same numbers in another type; the gradient goes back to the input's. */
export const cast: GradRule<"Cast"> = { input: ({ g, x, dy }) => g.cast(dy.output, x.input.type!) };

/** output = input. */
export const identity: GradRule<"Identity"> = { input: ({ dy }) => dy.output };

/** Off: output = data. (While training, dropout is a product with a mask that is fed.) */
export const dropout: GradRule<"Dropout"> = {
  data: ({ dy }) => dy.output,
  ratio: stop("the ratio is a setting"),
  training_mode: stop("a switch has no derivative"),
};
