import type { Node, Value } from "../onnx/graph.ts";
import type { Builder } from "./builder.ts";
import type { InputOf, Named, Operator, OPERATORS, OutputOf } from "./operators.ts";

/** What a gradient rule sees of one node. */
export interface RuleContext<Op extends Operator> {
  /** Adds operators to the graph. */
  readonly g: Builder;
  /** The node's inputs. */
  readonly x: Named<(typeof OPERATORS)[Op]["inputs"][number], Value>;
  /** The node's outputs. */
  readonly y: Named<(typeof OPERATORS)[Op]["outputs"][number], Value>;
  /** Gradients of the loss by the node's outputs; zeros where an output does not reach the loss. */
  readonly dy: { readonly [Name in OutputOf<Op>]: Value };
  /** The same for an operator with a list of outputs. */
  readonly dys: readonly Value[];
  /** The node, for its attributes. */
  readonly node: Node;
  /** Which of a list of inputs the gradient is for. */
  readonly index: number;
}

/** The gradient of the loss by one input; axes that broadcasting stretched may still be stretched. */
export type Gradient<Op extends Operator> = (context: RuleContext<Op>) => Value;

/** An input through which no gradient flows, and why. */
export interface Stop {
  /** Why there is no derivative. */
  readonly stop: string;
}

/** How the gradient of every input of an operator comes from those of its outputs. */
export type GradRule<Op extends Operator> = {
  readonly [Name in InputOf<Op>]: Gradient<Op> | Stop;
};

/** An input without a derivative. */
export function stop(reason: string): Stop {
  return { stop: reason };
}
