import type { Value } from "../../onnx/graph.ts";
import { broadcastShapes } from "../../tensor/shape.ts";
import { tensor } from "../../tensor/tensor.ts";
import { type Builder, dimsOf } from "../builder.ts";
import type { WriteOut } from "./written.ts";

/**
 * A sum of products with "…" or with a letter twice in one operand, as one in which every operand
 * names each axis once: diagonals are products with unit matrices.
 */
export const einsum: WriteOut = (g, node) => {
  const equation = node.string("equation", "").replace(/\s/g, "");
  const [left, right] = equation.split("->") as [string, string?];
  const terms = left.split(",");
  const hasDiagonal = terms.some((term) => new Set(letters(term)).size < letters(term).length);
  if (!equation.includes(".") && !hasDiagonal) return undefined;
  const operands = stretched(g, node.inputs as Value[], terms);
  const spare = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"].filter((letter) =>
    !equation.includes(letter)
  );
  const extra = terms.map((term, at) =>
    term.includes("...") ? dimsOf(operands[at]!).length - letters(term).length : 0
  );
  const shared = spare.splice(0, Math.max(...extra)).join("");
  const spelled = (term: string, count: number) =>
    term.replace("...", shared.slice(shared.length - count));
  const output = right === undefined
    ? shared + once(left.replaceAll("...", ""))
    : spelled(right, shared.length);
  const added: { readonly term: string; readonly unit: Value }[] = [];
  const own = terms.map((term, at) => {
    const seen = new Set<string>();
    return letters(spelled(term, extra[at]!)).map((letter, axis) => {
      if (!seen.has(letter)) {
        seen.add(letter);
        return letter;
      }
      const other = spare.shift()!;
      const size = dimsOf(operands[at]!)[axis]!;
      const unit = Array.from({ length: size * size }, (_, i) => i % (size + 1) === 0 ? 1 : 0);
      added.push({
        term: letter + other,
        unit: g.constant(tensor("float32", [size, size], unit)),
      });
      return other;
    }).join("");
  });
  const written = `${[...own, ...added.map((one) => one.term)].join(",")}->${output}`;
  const shape = dimsOf(node.outputs[0]!);
  return [
    g.op("Einsum", [...operands, ...added.map((one) => one.unit)], shape, { equation: written }),
  ];
};

/** Operands whose axes at "…" have the sizes to which they are broadcast. */
function stretched(g: Builder, operands: readonly Value[], terms: readonly string[]): Value[] {
  const spans = operands.map((operand, at) => {
    const start = terms[at]!.indexOf("...");
    const count = dimsOf(operand).length - letters(terms[at]!).length;
    return start < 0 ? [0, 0] as const : [start, start + count] as const;
  });
  const shared = operands.map((operand, at) => dimsOf(operand).slice(...spans[at]!)).reduce(
    broadcastShapes,
  );
  return operands.map((operand, at) => {
    const [start, end] = spans[at]!;
    const own = shared.slice(shared.length - (end - start));
    const shape = dimsOf(operand);
    return g.expand(operand, [...shape.slice(0, start), ...own, ...shape.slice(end)]);
  });
}

function letters(term: string): string[] {
  return [...term.replace("...", "")];
}

/** Letters that occur once, in alphabetical order. */
function once(terms: string): string {
  const all = [...terms.replaceAll(",", "")];
  return all.filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter)).sort().join("");
}
