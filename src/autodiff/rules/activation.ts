import type { Value } from "../../onnx/graph.ts";
import type { Builder } from "../builder.ts";
import { whereAboveZero, whereTrue } from "../mask.ts";
import { type GradRule, stop } from "../rule.ts";

/** Y = max(X, 0); 0 at 0. Y tells where, so that X need not be kept. */
export const relu: GradRule<"Relu"> = {
  X: ({ g, y, dy }) => whereAboveZero(g, y.Y, dy.Y),
};

/** Y = X where X > 0, alpha·X elsewhere. */
export const leakyRelu: GradRule<"LeakyRelu"> = {
  X: ({ g, x, dy, node }) => {
    const scaled = g.scale(dy.Y, node.float("alpha", 0.01));
    return g.where(g.compare("Greater", x.X, g.scalar(0, x.X)), dy.Y, scaled);
  },
};

/** Y = X where X > 0, slope·X elsewhere. */
export const pRelu: GradRule<"PRelu"> = {
  X: ({ g, x, dy }) =>
    g.where(g.compare("Greater", x.X, g.scalar(0, x.X)), dy.Y, g.mul(dy.Y, x.slope)),
  slope: ({ g, x, dy }) =>
    g.where(g.compare("Greater", x.X, g.scalar(0, x.X)), g.scalar(0, dy.Y), g.mul(dy.Y, x.X)),
};

/** output = input held between min and max; where that changes nothing, the bounds included, it passes. */
export const clip: GradRule<"Clip"> = {
  input: ({ g, x, y, dy }) =>
    x.min || x.max
      ? whereTrue(g, g.compare("Equal", x.input, y.output), y.output, dy.output)
      : dy.output,
  min: stop("the bounds are settings"),
  max: stop("the bounds are settings"),
};

/** Y = 1/(1 + e^−X), so dX = dY·Y·(1 − Y). */
export const sigmoid: GradRule<"Sigmoid"> = {
  X: ({ g, y, dy }) => g.mul(dy.Y, g.mul(y.Y, g.sub(g.scalar(1, y.Y), y.Y))),
};

/** output = tanh(input), so d input = d output·(1 − output²). */
export const tanh: GradRule<"Tanh"> = {
  input: ({ g, y, dy }) => {
    const one = g.scalar(1, y.output);
    return g.mul(dy.output, g.sub(one, g.mul(y.output, y.output)));
  },
};

/** Y = ln(1 + e^X), so dX = dY·sigmoid(X). */
export const softplus: GradRule<"Softplus"> = {
  X: ({ g, x, dy }) => g.mul(dy.Y, g.unary("Sigmoid", x.X)),
};

/** Y = max(0, min(1, alpha·X + beta)): slope alpha strictly between, 0 elsewhere. */
export const hardSigmoid: GradRule<"HardSigmoid"> = {
  X: ({ g, y, dy, node }) => {
    const rises = g.and(
      g.compare("Greater", y.Y, g.scalar(0, y.Y)),
      g.compare("Less", y.Y, g.scalar(1, y.Y)),
    );
    const scaled = g.scale(dy.Y, node.float("alpha", 0.2));
    return whereTrue(g, rises, y.Y, scaled);
  },
};

/** Y = X·max(0, min(1, X/6 + 1/2)): slope 0 up to −3, X/3 + 1/2 between, 1 from 3 on. */
export const hardSwish: GradRule<"HardSwish"> = {
  X: ({ g, x, dy }) => {
    const between = g.mul(dy.Y, g.shift(g.scale(x.X, 1 / 3), 0.5));
    const high = g.where(g.compare("Less", x.X, g.scalar(3, x.X)), between, dy.Y);
    return g.where(g.compare("Greater", x.X, g.scalar(-3, x.X)), high, g.scalar(0, high));
  },
};

/**
 * Y = X·Φ(X), so dX = dY·(Φ(X) + X·φ(X)); with `approximate = "tanh"`
 * Y = X/2·(1 + tanh u), u = √(2/π)·(X + 0.044715·X³) (Hendrycks and Gimpel, arXiv 1606.08415).
 */
export const gelu: GradRule<"Gelu"> = {
  X: ({ g, x, dy, node }) => {
    const isBent = node.string("approximate", "none") === "tanh";
    return g.mul(dy.Y, isBent ? bentSlope(g, x.X) : exactSlope(g, x.X));
  },
};

/** The exact form by the runtime's own name. */
export const runtimeGelu: GradRule<"com.microsoft.Gelu"> = {
  X: ({ g, x, dy }) => g.mul(dy.Y, exactSlope(g, x.X)),
};

/** The form with tanh, of X + bias. */
export const fastGelu: GradRule<"com.microsoft.FastGelu"> = {
  X: ({ g, x, dy }) => g.mul(dy.Y, bentSlope(g, x.bias ? g.add(x.X, x.bias) : x.X)),
  bias: ({ g, x, dy }) => g.mul(dy.Y, bentSlope(g, g.add(x.X, x.bias!))),
};

function exactSlope(g: Builder, x: Value): Value {
  const cumulated = g.shift(g.scale(g.unary("Erf", g.scale(x, Math.SQRT1_2)), 0.5), 0.5);
  const bell = g.scale(
    g.unary("Exp", g.scale(g.mul(x, x), -0.5)),
    1 / Math.sqrt(2 * Math.PI),
  );
  return g.add(cumulated, g.mul(x, bell));
}

function bentSlope(g: Builder, x: Value): Value {
  const square = g.mul(x, x);
  const root = Math.sqrt(2 / Math.PI);
  const inner = g.mul(g.scale(x, root), g.shift(g.scale(square, 0.044715), 1));
  const bent = g.unary("Tanh", inner);
  const slope = g.shift(g.scale(square, 3 * 0.044715 * root), root);
  const rise = g.mul(g.mul(x, slope), g.sub(g.scalar(1, bent), g.mul(bent, bent)));
  return g.scale(g.add(g.shift(bent, 1), rise), 0.5);
}
