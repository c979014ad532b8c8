import type { Builder } from "../../autodiff/builder.ts";
import type { InputOf, Operator } from "../../autodiff/operators.ts";
import type { Gradient, RuleContext } from "../../autodiff/rule.ts";
import { RULES } from "../../autodiff/rules/mod.ts";
import { type Node, Value } from "../../onnx/graph.ts";
import type { DataType } from "../../tensor/dtype.ts";

/** What a training operator has of the operator that it is the gradient of. */
interface Parts<Op extends Operator> {
  readonly g: Builder;
  /** The node whose attributes the rule reads. */
  readonly node: Node;
  readonly x?: Partial<RuleContext<Op>["x"]>;
  readonly y?: Partial<RuleContext<Op>["y"]>;
  readonly dy: Partial<RuleContext<Op>["dy"]>;
}

/**
 * The gradient by an input as Graft's own rule of the operator gives it. Inputs and outputs that
 * the rule does not read may be left out.
 */
export function byRule<Op extends Operator>(
  operator: Op,
  input: InputOf<Op>,
  parts: Parts<Op>,
): Value {
  const rule = RULES[operator][input] as Gradient<Op>;
  return rule(parts as RuleContext<Op>);
}

/** Stands for a value of which only type and shape are known; no node can read it. */
export function standIn(type: DataType, shape: readonly number[]): Value {
  const value = new Value("unknown");
  value.type = type;
  value.shape = shape;
  return value;
}
