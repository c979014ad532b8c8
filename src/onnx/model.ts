import type { DataType } from "../tensor/dtype.ts";
import type { Preprocessing } from "../tensor/dataset.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Dim, Graph } from "./graph.ts";

/** Name, type and shape of an input or output; a free dimension is a string. */
export interface ValueInfo {
  /** Name in the graph. */
  readonly name: string;
  /** Element type. */
  readonly type: DataType;
  /** Shape, the batch first; a size known only at run time is a string. */
  readonly shape: readonly Dim[];
}

/** A weight that training may change. */
export interface Parameter {
  /** Name of the initializer. */
  readonly name: string;
  /** Shape. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly type: DataType;
  /** Number of elements. */
  readonly size: number;
  /** Whether `fit` changes it. */
  readonly trainable: boolean;
  /** Whether it belongs to the classifier at the end of the network. */
  readonly head: boolean;
  /** Name of the node that reads it. */
  readonly node: string;
  /** Operator that reads it. */
  readonly operator: string;
  /** Its elements. Not to be written to. */
  readonly value: Tensor;
}

/**
 * A network with its weights, and what is known about its use. A model never changes: every
 * function that edits one gives a new one, which shares the weights that were not touched.
 */
export interface Model {
  /** Name, such as `mobilenet_v2` or the file's name without its ending. */
  readonly name: string;
  /** What it is fed. */
  readonly inputs: readonly ValueInfo[];
  /** What it puts out. */
  readonly outputs: readonly ValueInfo[];
  /** Its weights by name, in the order in which the network uses them. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** What the outputs mean, where known: one label a class. */
  readonly classes: readonly string[] | undefined;
  /** How pictures become its input, where known. */
  readonly preprocessing: Preprocessing | undefined;
  /** Further facts that travel in the file (`metadata_props`). */
  readonly metadata: ReadonlyMap<string, string>;
  /** The operators. To be read only: `clone()` it before an edit. */
  readonly graph: Graph;
  /** The message it was read from, for the fields Graft does not know. */
  readonly source: object | undefined;
}
