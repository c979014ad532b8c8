import { type Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Node, Value } from "../../onnx/graph.ts";

/** Inputs by name; a name that ends in `?` may be left out. */
type Inputs<Name extends string> =
  & { readonly [N in Name as N extends `${string}?` ? never : N]: Value }
  & { readonly [N in Name as N extends `${infer Plain}?` ? Plain : never]: Value | undefined };

/** What a lowering sees of one node. */
export interface LoweringContext<Name extends string> {
  /** Adds stock operators to the graph. */
  readonly g: Builder;
  /** The node, for its attributes and outputs. */
  readonly node: Node;
  /** The node's inputs. */
  readonly x: Inputs<Name>;
}

/** Stock operators in place of one that only training builds have: its outputs by position. */
export type Lowering = (g: Builder, node: Node) => readonly (Value | undefined)[];

/** A lowering of an operator with these inputs. Throws `TypeError` where one is missing. */
export function lowering<const Name extends string>(
  names: readonly Name[],
  lower: (context: LoweringContext<Name>) => readonly (Value | undefined)[],
): Lowering {
  return (g, node) => {
    const entries = names.map((name, position) => {
      const value = node.inputs[position];
      if (!value && !name.endsWith("?")) {
        throw new TypeError(`The training model's ${node} lacks its input "${name}"`);
      }
      return [name.replace("?", ""), value];
    });
    return lower({ g, node, x: Object.fromEntries(entries) as unknown as Inputs<Name> });
  };
}

/** `value`, whose type and shape are those of `other`: gradients come before shapes are inferred. */
export function like(value: Value, other: Value): Value {
  return shaped(value, other, dimsOf(other));
}

/** `value`, whose type is that of `other` and whose shape is given. */
export function shaped(value: Value, other: Value, shape: readonly number[]): Value {
  value.type ??= other.type;
  value.shape ??= shape;
  return value;
}

/** `value` of the shape given, float32 as the training kernels have it. */
export function floats(value: Value, shape: readonly number[]): Value {
  value.type ??= "float32";
  value.shape ??= shape;
  return value;
}

/** Whether output `position` of a node is asked for. */
export function isWanted(node: Node, position: number): boolean {
  return node.outputs[position] !== undefined;
}
