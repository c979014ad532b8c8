import type { Node, Value } from "../../onnx/graph.ts";
import type { Builder } from "../builder.ts";

/**
 * The outputs of a node by simpler operators, added to the builder's graph; `undefined` where the
 * node has a form for which there are none. Shapes are static.
 */
export type WriteOut = (g: Builder, node: Node) => readonly (Value | undefined)[] | undefined;
