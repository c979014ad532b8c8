import type { Node, Value } from "../../onnx/graph.ts";
import { tensor } from "../../tensor/tensor.ts";
import { type Builder, dimsOf, typeOf } from "../builder.ts";
import type { GradRule } from "../rule.ts";

/**
 * A sum of products by letters. It is linear in each operand: the gradient is the sum of products
 * of the output's gradient and the other operands, over the letters that the operand lacks; along
 * letters that stand in no other place every element gets the same. Of an operand that names a
 * letter twice only the diagonal counts.
 */
export const einsum: GradRule<"Einsum"> = {
  Inputs: ({ g, x, dy, node, index }) => {
    const { operands, output } = parsed(g, node, x.Inputs);
    const { term: own, value } = operands[index]!;
    const others = operands.filter((_, at) => at !== index);
    const found = new Set([...output, ...others.map(({ term }) => term).join("")]);
    const unique = [...new Set(own)];
    const kept = unique.filter((letter) => found.has(letter));
    const shape = dimsOf(value);
    const size = (letter: string) => shape[own.indexOf(letter)]!;
    const equation = `${[output, ...others.map(({ term }) => term)].join(",")}->${kept.join("")}`;
    const values = [dy.Output, ...others.map((one) => one.value)];
    const partial = g.op("Einsum", values, kept.map(size), { equation });
    const column = [...own].map((letter, axis) =>
      kept.includes(letter) && own.indexOf(letter) === axis ? size(letter) : 1
    );
    const whole = g.expand(g.reshape(partial, column), shape);
    return g.reshape(diagonal(g, whole, own), dimsOf(x.Inputs[index]!));
  },
};

/** An operand and a letter for each of its axes. */
interface Operand {
  readonly term: string;
  readonly value: Value;
}

/**
 * The operands with every axis named, those of "..." by capital letters that are free; axes that
 * "..." stretches are left out of the operand, as they belong to the others alone.
 */
function parsed(g: Builder, node: Node, inputs: readonly Value[]) {
  const equation = node.string("equation", "").replace(/\s/g, "");
  const [left, right] = equation.split("->") as [string, string?];
  const terms = left.split(",");
  if (terms.length !== inputs.length) {
    throw new TypeError(`${node} has ${inputs.length} operands for the equation "${equation}"`);
  }
  const free = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].filter((letter) => !equation.includes(letter));
  // The runtime wants "..." to stand for equally many axes everywhere, in the output too.
  const some = terms.findIndex((term) => term.includes("..."));
  const count = some < 0 ? 0 : dimsOf(inputs[some]!).length - (terms[some]!.length - 3);
  const rest = free.slice(0, count).join("");
  const full = terms.map((term) => term.replace("...", rest));
  const largest = new Map([...rest].map((letter) => [letter, 1]));
  full.forEach((term, at) =>
    [...term].forEach((letter, axis) => {
      const size = dimsOf(inputs[at]!)[axis]!;
      if (largest.has(letter) && size > 1) largest.set(letter, size);
    })
  );
  const operands = full.map((term, at) => unstretched(g, term, inputs[at]!, largest));
  const output = right?.replace("...", rest) ?? rest + implied(terms);
  return { operands, output };
}

/** An operand without the axes of size 1 that are larger elsewhere. */
function unstretched(
  g: Builder,
  term: string,
  value: Value,
  largest: ReadonlyMap<string, number>,
): Operand {
  const shape = dimsOf(value);
  const stays = [...term].map((letter, axis) =>
    shape[axis] === (largest.get(letter) ?? shape[axis])
  );
  return {
    term: [...term].filter((_, axis) => stays[axis]).join(""),
    value: g.reshape(value, shape.filter((_, axis) => stays[axis])),
  };
}

/** Zeros but where the axes of one letter are at one position. */
function diagonal(g: Builder, x: Value, term: string): Value {
  const shape = dimsOf(x);
  return [...term].reduce((value, letter, axis) => {
    const first = term.indexOf(letter);
    if (first === axis) return value;
    const size = shape[axis]!;
    const unit = Array.from({ length: size * size }, (_, i) => i % (size + 1) === 0 ? 1 : 0);
    const places = shape.map((_, at) => at === first || at === axis ? size : 1);
    return g.mul(value, g.constant(tensor(typeOf(value), places, unit)));
  }, x);
}

/** Without an arrow: the letters that occur once, in alphabetical order. */
function implied(terms: readonly string[]): string {
  const all = [...terms.join("").replaceAll(".", "")];
  return all.filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter)).sort().join("");
}
