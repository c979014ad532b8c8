import type { Preprocessing } from "../tensor/dataset.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sameShape } from "../tensor/shape.ts";
import { findHead, headParameters } from "./find_head.ts";
import type { Graph, Value } from "./graph.ts";
import type { Model, Parameter, ValueInfo } from "./model.ts";
import { findParameters } from "./parameters.ts";

/** What a model is, beside its graph. */
export interface ModelOptions {
  /** Name of the model. */
  readonly name: string;
  /** Labels of its outputs. */
  readonly classes?: readonly string[] | undefined;
  /** How pictures become its input. */
  readonly preprocessing?: Preprocessing | undefined;
  /** Further facts that travel in the file. */
  readonly metadata?: ReadonlyMap<string, string> | undefined;
  /** The message it was read from. */
  readonly source?: object | undefined;
  /** Whether a parameter is trainable. @default {all are} */
  readonly trainable?: (name: string) => boolean;
}

/** A model of the graph given, which must not be edited afterwards. */
export function modelFromGraph(graph: Graph, options: ModelOptions): Model {
  const head = findHead(graph);
  const inHead = head ? headParameters(graph, head) : new Set<Value>();
  const parameters = [...findParameters(graph)].map(([value, node]): [string, Parameter] => {
    const constant = value.constant!;
    return [value.name, {
      name: value.name,
      shape: constant.dims,
      type: constant.type,
      size: sizeOf(constant.dims),
      trainable: options.trainable?.(value.name) ?? true,
      head: inHead.has(value),
      node: node.name || node.outputs[0]?.name || "",
      operator: node.opType,
      value: constant,
    }];
  });
  return {
    name: options.name,
    inputs: graph.inputs.map(infoOf),
    outputs: graph.outputs.map(infoOf),
    parameters: new Map(parameters),
    classes: options.classes,
    preprocessing: options.preprocessing,
    metadata: options.metadata ?? new Map(),
    graph,
    source: options.source,
  };
}

/** The same model with some facts or its graph exchanged. */
export function remodel(model: Model, graph: Graph, options: Partial<ModelOptions> = {}): Model {
  return modelFromGraph(graph, {
    name: model.name,
    classes: model.classes,
    preprocessing: model.preprocessing,
    metadata: model.metadata,
    source: model.source,
    trainable: (name) => model.parameters.get(name)?.trainable ?? true,
    ...options,
  });
}

/**
 * The same model with other values for some of its constants (parameters, running statistics).
 * Throws `RangeError` for a name that is not a constant's, `TypeError` for another type or shape.
 */
export function withWeights(model: Model, weights: ReadonlyMap<string, Tensor>): Model {
  const graph = model.graph.clone();
  for (const [name, weight] of weights) {
    const value = graph.values.get(name);
    if (!value?.constant) throw new RangeError(`The model has no weight called "${name}"`);
    const { type, dims } = value.constant;
    if (type !== weight.type || !sameShape(dims, weight.dims)) {
      throw new TypeError(
        `Weight "${name}" is ${type}[${dims}], found ${weight.type}[${weight.dims}]`,
      );
    }
    value.constant = weight;
  }
  return remodel(model, graph);
}

function infoOf(value: Value): ValueInfo {
  return { name: value.name, type: value.type ?? "float32", shape: value.shape ?? [] };
}
