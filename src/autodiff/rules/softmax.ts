import { positiveAxis } from "../../tensor/shape.ts";
import { dimsOf } from "../builder.ts";
import type { GradRule } from "../rule.ts";

/** output = softmax(input) along `axis`, so d input = output·(dy − Σ dy·output). */
export const softmax: GradRule<"Softmax"> = {
  input: ({ g, y, dy, node }) => {
    const axis = positiveAxis(node.int("axis", -1), dimsOf(y.output).length);
    const weighted = g.mul(dy.output, y.output);
    return g.sub(weighted, g.mul(y.output, g.reduceSum(weighted, [axis])));
  },
};

/** output = log softmax(input) along `axis`, so d input = dy − softmax·Σ dy. */
export const logSoftmax: GradRule<"LogSoftmax"> = {
  input: ({ g, x, dy, node }) => {
    const axis = positiveAxis(node.int("axis", -1), dimsOf(x.input).length);
    return g.sub(dy.output, g.mul(g.softmax(x.input, axis), g.reduceSum(dy.output, [axis])));
  },
};
