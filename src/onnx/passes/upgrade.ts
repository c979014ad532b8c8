import type { Graph, Node } from "../graph.ts";

/** A change of an operator's form: nodes from before opset `since` are rewritten by `apply`. */
export interface Upgrade {
  /** The opset that brought the new form. */
  readonly since: number;
  /** Rewrites a node of the opset given, which is below `since`. */
  apply(graph: Graph, node: Node, opset: number): void;
}

/** Operators and the changes of their forms. */
export type Upgrades = Readonly<Record<string, Upgrade>>;

/** Throws `RangeError`: `node` has no newer form. */
export function refuse(node: Node, why: string, todo: string): never {
  throw new RangeError(`Cannot bring ${node} to its newest form: ${why}. ${todo}`);
}
