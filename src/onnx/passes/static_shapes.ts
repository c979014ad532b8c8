import type { Dim, Graph, Value } from "../graph.ts";

/**
 * Sets the shapes of graph inputs by name and forgets every shape that was inferred from the old
 * ones. A size that has a name gets the same number in all inputs. Throws `RangeError` at an input
 * that does not exist, `TypeError` where a shape contradicts the declared one.
 */
export function fixInputShapes(
  graph: Graph,
  shapes: Readonly<Record<string, readonly number[]>>,
): void {
  const sizes = new Map<string, { size: number; input: string; axis: number }>();
  for (const [name, shape] of Object.entries(shapes)) {
    const input = graph.inputs.find((value) => value.name === name);
    if (!input) {
      const known = graph.inputs.map((value) => `"${value.name}"`).join(", ");
      throw new RangeError(`There is no input "${name}"; the inputs are ${known}`);
    }
    checkRank(input, shape);
    shape.forEach((size, axis) => {
      checkSize(input, axis, size);
      const declared = input.shape?.[axis];
      if (typeof declared !== "string" || declared === "") return;
      const bound = sizes.get(declared) ?? { size, input: name, axis };
      sizes.set(declared, bound);
      if (bound.size !== size) {
        throw new TypeError(
          `Axis ${axis} of input "${name}" is "${declared}", as is axis ${bound.axis} of ` +
            `"${bound.input}", so they must be equal: found ${size} and ${bound.size}`,
        );
      }
    });
  }
  const bind = (dim: Dim) => typeof dim === "string" ? sizes.get(dim)?.size ?? dim : dim;
  for (const value of graph.values.values()) {
    if (!value.constant && !graph.inputs.includes(value)) value.shape = undefined;
  }
  for (const input of graph.inputs) {
    input.shape = Object.hasOwn(shapes, input.name) ? shapes[input.name] : input.shape?.map(bind);
  }
}

function checkRank(input: Value, shape: readonly number[]): void {
  if (input.shape && input.shape.length !== shape.length) {
    throw new TypeError(
      `Input "${input.name}" has ${input.shape.length} axes, [${input.shape}]; ` +
        `found ${shape.length}, [${shape}]`,
    );
  }
}

function checkSize(input: Value, axis: number, size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new RangeError(`Axis ${axis} of input "${input.name}" cannot have the size ${size}`);
  }
  const declared = input.shape?.[axis];
  if (typeof declared === "number" && declared !== size) {
    throw new TypeError(
      `Axis ${axis} of input "${input.name}" has the fixed size ${declared}; found ${size}`,
    );
  }
}
