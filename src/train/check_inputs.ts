import { IMAGES } from "../artifacts/image_input.ts";
import type { Graph } from "../onnx/graph.ts";
import type { Model, ValueInfo } from "../onnx/model.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What inputs are checked for. */
export interface CheckInputsOptions {
  /** Begins the message, such as `fit(): `. @default {""} */
  readonly what?: string;
  /** The graph whose inputs must be there, where it is not the model's own. */
  readonly graph?: Graph;
  /** Examples that every input must have. */
  readonly batch?: number;
}

/**
 * Throws `TypeError` unless what a model is to be fed, the batch axis first, are inputs that it has,
 * of their types and shapes, and none that is read is missing. Pictures are checked elsewhere.
 */
export function checkInputs(
  model: Model,
  inputs: Readonly<Record<string, Tensor>>,
  { what = "", graph = model.graph, batch }: CheckInputsOptions = {},
): void {
  if (IMAGES in inputs) return;
  const names = model.inputs.map((input) => `"${input.name}" ${input.type}[${input.shape}]`);
  const expected = `the model's inputs are ${names.join(", ")}`;
  for (const name of Object.keys(inputs)) {
    if (model.inputs.some((input) => input.name === name)) continue;
    throw new TypeError(`${what}there is no input "${name}"; ${expected}`);
  }
  for (const input of model.inputs) {
    const { name } = input;
    const given = inputs[name];
    const { consumers } = graph.value(name);
    if (!given && (consumers.size > 0 || graph.outputs.includes(graph.value(name)))) {
      throw new TypeError(`${what}the input "${name}" is missing; ${expected}`);
    }
    if (!given) continue;
    const isKnown = model.graph.value(name).shape !== undefined;
    const isWhole = batch === undefined || given.dims[0] === batch;
    if (isWhole && fits(given, input, isKnown)) continue;
    const beside = batch === undefined ? "" : ` for ${batch} targets`;
    throw new TypeError(
      `${what}the input "${name}" is ${given.type}[${given.dims}]${beside}; ${expected}`,
    );
  }
}

function fits(given: Tensor, { type, shape }: ValueInfo, isKnown: boolean): boolean {
  if (given.type !== type) return false;
  if (!isKnown) return true;
  return given.dims.length === shape.length &&
    shape.every((dim, axis) => typeof dim === "string" || dim === given.dims[axis]);
}
