import type { Node, Value } from "../../onnx/graph.ts";
import { type Builder, dimsOf } from "../builder.ts";
import type { GradRule } from "../rule.ts";

/**
 * A sum of products by letters. It is linear in each operand: the gradient is the sum of products
 * of the output's gradient and the other operands, over the letters that the operand lacks; along
 * letters that stand in no other place every element gets the same.
 */
export const einsum: GradRule<"Einsum"> = {
  Inputs: ({ g, x, dy, node, index }) => {
    const { terms, output } = parsed(node, x.Inputs);
    const own = terms[index]!;
    const others = terms.filter((_, at) => at !== index);
    const found = new Set([...output, ...others.join("")]);
    const kept = [...own].filter((letter) => found.has(letter)).join("");
    const equation = `${[output, ...others].join(",")}->${kept}`;
    const operands = [dy.Output, ...x.Inputs.filter((_, at) => at !== index)];
    const shape = dimsOf(x.Inputs[index]!);
    const size = (letter: string) => shape[own.indexOf(letter)]!;
    const partial = product(g, equation, operands, [...kept].map(size));
    const column = [...own].map((letter) => kept.includes(letter) ? size(letter) : 1);
    return g.expand(g.reshape(partial, column), shape);
  },
};

function product(
  g: Builder,
  equation: string,
  operands: readonly Value[],
  shape: readonly number[],
): Value {
  return g.op("Einsum", operands, shape, { equation });
}

/** The letters of every operand and of the output. */
function parsed(node: Node, inputs: readonly Value[]) {
  const equation = node.string("equation", "").replace(/\s/g, "");
  const [left, right] = equation.split("->") as [string, string?];
  const terms = left.split(",");
  if (equation.includes(".") || terms.some((term) => new Set(term).size < term.length)) {
    throw new TypeError(
      `Cannot differentiate ${node}: the equation "${equation}" has "..." or a diagonal; ` +
        "name every axis once",
    );
  }
  if (terms.length !== inputs.length) {
    throw new TypeError(`${node} has ${inputs.length} operands for the equation "${equation}"`);
  }
  return { terms, output: right ?? implied(terms) };
}

/** Without an arrow: the letters that occur once, in alphabetical order. */
function implied(terms: readonly string[]): string {
  const all = [...terms.join("")];
  return all.filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter)).sort().join("");
}
