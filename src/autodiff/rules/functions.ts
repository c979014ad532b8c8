import type { Value } from "../../onnx/graph.ts";
import type { Builder } from "../builder.ts";
import { dimsOf } from "../builder.ts";
import { type GradRule, stop } from "../rule.ts";

/** Functions that are flat wherever they have a derivative; the gradient ends there. */
const flat = stop("it is constant between its steps");

/** Y = ⌊X⌋. */
export const floor: GradRule<"Floor"> = { X: flat };
/** Y = ⌈X⌉. */
export const ceil: GradRule<"Ceil"> = { X: flat };
/** The nearest integer. */
export const round: GradRule<"Round"> = { X: flat };
/** −1, 0 or 1. */
export const sign: GradRule<"Sign"> = { input: flat };

/** d sin = cos. */
export const sin: GradRule<"Sin"> = {
  input: ({ g, x, dy }) => g.mul(dy.output, g.unary("Cos", x.input)),
};
/** d cos = −sin. */
export const cos: GradRule<"Cos"> = {
  input: ({ g, x, dy }) => g.neg(g.mul(dy.output, g.unary("Sin", x.input))),
};
/** d tan = 1 + tan². */
export const tan: GradRule<"Tan"> = {
  input: ({ g, y, dy }) => g.mul(dy.output, g.shift(g.mul(y.output, y.output), 1)),
};
/** d asin = 1/√(1 − x²). */
export const asin: GradRule<"Asin"> = {
  input: ({ g, x, dy }) => g.div(dy.output, root(g, lessSquare(g, x.input))),
};
/** d acos = −1/√(1 − x²). */
export const acos: GradRule<"Acos"> = {
  input: ({ g, x, dy }) => g.neg(g.div(dy.output, root(g, lessSquare(g, x.input)))),
};
/** d atan = 1/(1 + x²). */
export const atan: GradRule<"Atan"> = {
  input: ({ g, x, dy }) => g.div(dy.output, g.shift(g.mul(x.input, x.input), 1)),
};
/** d sinh = cosh. */
export const sinh: GradRule<"Sinh"> = {
  input: ({ g, x, dy }) => g.mul(dy.output, g.unary("Cosh", x.input)),
};
/** d cosh = sinh. */
export const cosh: GradRule<"Cosh"> = {
  input: ({ g, x, dy }) => g.mul(dy.output, g.unary("Sinh", x.input)),
};
/** d asinh = 1/√(x² + 1). */
export const asinh: GradRule<"Asinh"> = {
  input: ({ g, x, dy }) => g.div(dy.output, root(g, g.shift(g.mul(x.input, x.input), 1))),
};
/** d acosh = 1/√(x² − 1). */
export const acosh: GradRule<"Acosh"> = {
  input: ({ g, x, dy }) => g.div(dy.output, root(g, g.shift(g.mul(x.input, x.input), -1))),
};
/** d atanh = 1/(1 − x²). */
export const atanh: GradRule<"Atanh"> = {
  input: ({ g, x, dy }) => g.div(dy.output, lessSquare(g, x.input)),
};

/** Y = X above 0, alpha·(e^X − 1) below: slope 1, and Y + alpha. */
export const elu: GradRule<"Elu"> = {
  X: ({ g, x, y, dy, node }) => {
    const below = g.mul(dy.Y, g.shift(y.Y, node.float("alpha", 1)));
    return g.where(g.compare("Greater", x.X, g.scalar(0, x.X)), dy.Y, below);
  },
};

/** Y = gamma·X above 0, gamma·alpha·(e^X − 1) below: slope gamma, and Y + gamma·alpha. */
export const selu: GradRule<"Selu"> = {
  X: ({ g, x, y, dy, node }) => {
    const gamma = node.float("gamma", 1.05070102214813);
    const alpha = node.float("alpha", 1.67326319217681);
    const below = g.mul(dy.Y, g.shift(y.Y, gamma * alpha));
    return g.where(g.compare("Greater", x.X, g.scalar(0, x.X)), g.scale(dy.Y, gamma), below);
  },
};

/** Y = max(0, X) + min(0, alpha·(e^(X/alpha) − 1)): slope 1 above 0, e^(X/alpha) = Y/alpha + 1 below. */
export const celu: GradRule<"Celu"> = {
  X: ({ g, x, y, dy, node }) => {
    const below = g.mul(dy.Y, g.shift(g.scale(y.Y, 1 / node.float("alpha", 1)), 1));
    return g.where(g.compare("Greater", x.X, g.scalar(0, x.X)), dy.Y, below);
  },
};

/** Y = X above alpha, 0 up to it. */
export const thresholdedRelu: GradRule<"ThresholdedRelu"> = {
  X: ({ g, x, dy, node }) => {
    const above = g.compare("Greater", x.X, g.scalar(node.float("alpha", 1), x.X));
    return g.where(above, dy.Y, g.scalar(0, dy.Y));
  },
};

/** Y = X/(1 + |X|): slope 1/(1 + |X|)². */
export const softsign: GradRule<"Softsign"> = {
  input: ({ g, x, dy }) => {
    const deep = g.shift(g.unary("Abs", x.input), 1);
    return g.div(dy.output, g.mul(deep, deep));
  },
};

/** Y = X·tanh(ln(1 + e^X)) (Misra, arXiv 1908.08681). */
export const mish: GradRule<"Mish"> = {
  X: ({ g, x, dy }) => {
    const bent = g.unary("Tanh", g.unary("Softplus", x.X));
    const rise = g.mul(
      g.mul(x.X, g.unary("Sigmoid", x.X)),
      g.sub(g.scalar(1, bent), g.mul(bent, bent)),
    );
    return g.mul(dy.Y, g.add(bent, rise));
  },
};

/** Y = X·σ(alpha·X): slope σ + alpha·X·σ·(1 − σ). */
export const swish: GradRule<"Swish"> = {
  X: ({ g, x, dy, node }) => swished(g, x.X, dy.Y, node.float("alpha", 1)),
};

/** Swish by the name that the runtime gives it. */
export const quickGelu: GradRule<"com.microsoft.QuickGelu"> = {
  X: ({ g, x, dy, node }) => swished(g, x.X, dy.Y, node.float("alpha", 1.702)),
};

/** Y = X moved towards 0 by `bias` where |X| > lambd, 0 elsewhere. */
export const shrink: GradRule<"Shrink"> = {
  input: ({ g, x, dy, node }) => {
    const far = g.unary("Abs", x.input);
    const kept = g.compare("Greater", far, g.scalar(node.float("lambd", 0.5), far));
    return g.where(kept, dy.output, g.scalar(0, dy.output));
  },
};

/** C = A − B·trunc(A/B), as PyTorch's `fmod`. */
export const mod: GradRule<"Mod"> = {
  A: ({ dy }) => dy.C,
  B: ({ g, x, y, dy }) => g.neg(g.mul(dy.C, g.div(g.sub(x.A, y.C), x.B))),
};

function swished(g: Builder, x: Value, dy: Value, alpha: number): Value {
  const gate = g.unary("Sigmoid", g.scale(x, alpha));
  const open = g.sub(g.scalar(1, gate), gate);
  return g.mul(dy, g.add(gate, g.mul(g.scale(g.mul(x, gate), alpha), open)));
}

function root(g: Builder, x: Value): Value {
  return g.op("Sqrt", [x], dimsOf(x));
}

function lessSquare(g: Builder, x: Value): Value {
  return g.sub(g.scalar(1, x), g.mul(x, x));
}
