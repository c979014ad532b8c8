/**
 * A float32 formula over the elements of some arrays that lie side by side. It is written once and
 * rendered by several back ends. A formula that is used twice is computed once.
 */
export type Expr =
  | { readonly kind: "element"; readonly buffer: string }
  | { readonly kind: "scalar"; readonly name: string }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: Expr }
  | {
    readonly kind: "binary";
    readonly operator: BinaryOperator;
    readonly left: Expr;
    readonly right: Expr;
  };

/** Operators of one operand. */
export type UnaryOperator = "squareRoot" | "absolute" | "negate";

/** Operators of two operands. `minimum` and `maximum` give NaN where either operand is NaN. */
export type BinaryOperator = "add" | "subtract" | "multiply" | "divide" | "minimum" | "maximum";

/** The element at hand of the array called `buffer`. */
export function element(buffer: string): Expr {
  return { kind: "element", buffer };
}

/** A number that is the same for all elements, given at each run. */
export function scalar(name: string): Expr {
  return { kind: "scalar", name };
}

/** `left + right`. */
export function add(left: Expr | number, right: Expr | number): Expr {
  return binary("add", left, right);
}

/** `left - right`. */
export function subtract(left: Expr | number, right: Expr | number): Expr {
  return binary("subtract", left, right);
}

/** `left · right`. */
export function multiply(left: Expr | number, right: Expr | number): Expr {
  return binary("multiply", left, right);
}

/** `left / right`. */
export function divide(left: Expr | number, right: Expr | number): Expr {
  return binary("divide", left, right);
}

/** The smaller of the two. */
export function minimum(left: Expr | number, right: Expr | number): Expr {
  return binary("minimum", left, right);
}

/** The larger of the two. */
export function maximum(left: Expr | number, right: Expr | number): Expr {
  return binary("maximum", left, right);
}

/** `√operand`. */
export function squareRoot(operand: Expr): Expr {
  return { kind: "unary", operator: "squareRoot", operand };
}

/** `|operand|`. */
export function absolute(operand: Expr): Expr {
  return { kind: "unary", operator: "absolute", operand };
}

/** `-operand`. */
export function negate(operand: Expr): Expr {
  return { kind: "unary", operator: "negate", operand };
}

/** The formulas that `expr` is made of directly. */
export function operands(expr: Expr): readonly Expr[] {
  if (expr.kind === "unary") return [expr.operand];
  return expr.kind === "binary" ? [expr.left, expr.right] : [];
}

function binary(operator: BinaryOperator, left: Expr | number, right: Expr | number): Expr {
  return { kind: "binary", operator, left: asExpr(left), right: asExpr(right) };
}

function asExpr(value: Expr | number): Expr {
  return typeof value === "number" ? { kind: "constant", value } : value;
}
