import { int } from "../../onnx/attribute.ts";
import type { Graph, Node, Value } from "../../onnx/graph.ts";
import { ONNX_TYPE_NUMBERS } from "../../onnx/types.ts";
import { tensor, toNumbers } from "../../tensor/tensor.ts";
import type { HalfType } from "./half_operators.ts";

/** The two types that numbers of mixed precision have. */
export type MixedType = HalfType | "float32";

/** Elements up to which a constant is converted at once. */
const SMALL = 64;

/** Makes nodes of `graph` compute in another type, with as few casts as can be. */
export class TypeChanges {
  constructor(readonly graph: Graph) {}

  /** The same numbers in another type: as they were before a cast, or by a cast that is there. */
  as(value: Value, type: MixedType): Value {
    if (value.type === type) return value;
    const before = castFrom(value, type);
    if (before) return before;
    const { constant } = value;
    if (constant && constant.data.length <= SMALL) {
      const made = tensor(type, constant.dims, toNumbers(constant));
      return this.graph.addConstant(this.graph.fresh("constant"), made);
    }
    const known = [...value.consumers].find((node) =>
      node.opType === "Cast" && node.outputs[0]?.type === type
    );
    return known?.outputs[0] ?? this.#cast(value, type);
  }

  /** Makes what a node reads and puts out of type `from` of type `to`; its readers see no difference. */
  convert(node: Node, from: MixedType, to: MixedType): void {
    const { graph } = this;
    node.inputs.forEach((value, at) => {
      if (value?.type === from) graph.setInput(node, at, this.as(value, to));
    });
    node.outputs.forEach((value, at) => {
      if (value?.type !== from) return;
      const made = graph.renameOutput(node, at, graph.fresh(node.opType.toLowerCase()));
      made.type = to;
      if (graph.values.get(value.name) === value) this.#cast(made, from, value.name);
    });
  }

  #cast(value: Value, type: MixedType, name?: string): Value {
    const { graph } = this;
    const { outputs } = graph.add("Cast", [value], {
      attributes: { to: int(ONNX_TYPE_NUMBERS[type]) },
      outputs: [name ?? graph.fresh("cast")],
    });
    return Object.assign(outputs[0]!, { type, shape: value.shape });
  }
}

/** What a value was before it was cast, where that is of `type`. */
export function castFrom(value: Value, type: MixedType): Value | undefined {
  const node = value.producer;
  const before = node?.opType === "Cast" ? node.inputs[0] : undefined;
  return before?.type === type ? before : undefined;
}
