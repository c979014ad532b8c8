import type { Graph, Node, Value } from "../onnx/graph.ts";
import { isFloat } from "../tensor/dtype.ts";
import { sameShape } from "../tensor/shape.ts";
import { type Builder, dimsOf, typeOf } from "./builder.ts";
import { type Operator, OPERATORS } from "./operators.ts";
import type { Gradient, RuleContext, Stop } from "./rule.ts";
import { RULES } from "./rules/mod.ts";
import { gradientFactor } from "./scale_gradient.ts";
import { REWRITTEN, STOPPED, UNSUPPORTED } from "./stopped.ts";

/** A rule as the walker uses it, whatever its operator. */
type AnyGradient = Gradient<Operator> | Stop;

/** A graph has operators on the way to the loss that have no gradient rule. */
export class NotDifferentiableError extends TypeError {
  /** Its name. */
  override name = "NotDifferentiableError";

  /** Names all of `nodes` in its message. */
  constructor(
    /** The nodes without a rule. */
    readonly nodes: readonly Node[],
  ) {
    const list = nodes.map((node) => `  ${node}${reason(node)}`).join("\n");
    super(
      `Cannot differentiate ${nodes.length} node${nodes.length === 1 ? "" : "s"}, ` +
        `whose operators have no gradient rule:\n${list}\n` +
        "Freeze the parameters before them, so that no gradient has to pass through",
    );
  }
}

/**
 * The gradients of a scalar `loss` by each of `targets`, as values added to the builder's graph:
 * reverse-mode differentiation by one rule per operator. Only this walk knows who needs a
 * gradient, undoes broadcasting, adds up the branches and checks types and shapes.
 *
 * A target that does not reach the loss is missing from the result.
 * Throws `NotDifferentiableError` where an operator on the way has no rule.
 */
export function gradients(
  g: Builder,
  loss: Value,
  targets: readonly Value[],
  seed: Value = g.scalar(1, loss),
): Map<Value, Value> {
  const order = g.graph.sorted();
  const path = onPath(order, loss, new Set(targets));
  const missing = [...path.nodes].filter((node) => !hasRule(node));
  if (missing.length > 0) throw new NotDifferentiableError(missing);

  const parts = new Map<Value, Value[]>([[loss, [seed]]]);
  for (const node of order.reverse()) {
    if (!path.nodes.has(node)) continue;
    const dys = node.outputs.map((value) => collected(g, parts, value));
    if (dys.every((value) => value === undefined)) continue;
    node.inputs.forEach((input, position) => {
      if (!input || !path.values.has(input)) return;
      const rule = ruleOf(node, position);
      if (typeof rule !== "function") return;
      const factor = gradientFactor(node);
      const plain = rule(context(g, node, dys, position));
      const part = factor ? g.mul(plain, factor) : plain;
      const list = parts.get(input) ?? [];
      list.push(fitted(g, part, input, node));
      parts.set(input, list);
    });
  }
  const found = targets.flatMap((target) => {
    const gradient = collected(g, parts, target);
    return gradient ? [[target, gradient] as const] : [];
  });
  return new Map(found);
}

/** Nodes through which a gradient would have to pass to reach `targets`, without a rule for it. */
export function withoutRule(order: readonly Node[], loss: Value, targets: Set<Value>): Node[] {
  return [...onPath(order, loss, targets).nodes].filter((node) => !hasRule(node));
}

/** Throws `NotDifferentiableError` where a gradient cannot pass from `output` to `targets`. */
export function checkDifferentiable(graph: Graph, output: Value, targets: Set<Value>): void {
  const missing = withoutRule(graph.sorted(), output, targets);
  if (missing.length > 0) throw new NotDifferentiableError(missing);
}

/** Why there is no rule for a node, where that is known. */
function reason(node: Node): string {
  const name = nameOf(node);
  if (Object.hasOwn(UNSUPPORTED, name)) return `: ${UNSUPPORTED[name]}`;
  return Object.hasOwn(REWRITTEN, name)
    ? `: this form of it cannot be rewritten as ${REWRITTEN[name]}`
    : "";
}

/** Nodes and values that depend on a target and that the loss depends on, rules' stops respected. */
function onPath(order: readonly Node[], loss: Value, targets: Set<Value>) {
  const reached = new Set<Value>(targets);
  const nodes = new Set<Node>();
  for (const node of order) {
    const isReached = node.inputs.some((value, position) =>
      value && reached.has(value) && !isStop(ruleOf(node, position))
    ) || node.captures.some((value) =>
      reached.has(value)
    );
    if (!isReached || isStopped(node)) continue;
    nodes.add(node);
    for (const value of node.outputs) {
      if (value && carries(value)) reached.add(value);
    }
  }
  const wanted = new Set<Value>([loss]);
  for (const node of [...order].reverse()) {
    if (!nodes.has(node)) continue;
    if (!node.outputs.some((value) => value && wanted.has(value) && reached.has(value))) {
      nodes.delete(node);
      continue;
    }
    for (const value of node.reads()) if (reached.has(value)) wanted.add(value);
  }
  const values = new Set([...wanted].filter((value) => reached.has(value)));
  return { nodes, values };
}

/** Whether a gradient can be that of a value: a number, or an integer that stands for one. */
function carries({ type, producer }: Value): boolean {
  return type === undefined || isFloat(type) || producer?.opType === "QuantizeLinear";
}

function operatorOf(node: Node): Operator | undefined {
  const name = nameOf(node);
  return Object.hasOwn(OPERATORS, name) ? name as Operator : undefined;
}

function nameOf(node: Node): string {
  return node.domain === "" ? node.opType : `${node.domain}.${node.opType}`;
}

function hasRule(node: Node): boolean {
  return operatorOf(node) !== undefined && node.captures.length === 0;
}

function isStopped(node: Node): boolean {
  return gradientFactor(node) === 0 || node.domain === "" && Object.hasOwn(STOPPED, node.opType);
}

function isStop(rule: AnyGradient | undefined): boolean {
  return rule !== undefined && typeof rule !== "function";
}

function ruleOf(node: Node, position: number): AnyGradient | undefined {
  const operator = operatorOf(node);
  if (!operator) return undefined;
  const inputs: readonly string[] = OPERATORS[operator].inputs;
  const name = inputs[Math.min(position, inputs.length - 1)];
  if (name === undefined || position >= inputs.length && !name.startsWith("...")) return undefined;
  return (RULES[operator] as unknown as Record<string, AnyGradient>)[plain(name)];
}

/** The gradient gathered for `value` so far, its branches added up. */
function collected(g: Builder, parts: Map<Value, Value[]>, value: Value | undefined) {
  const list = value && parts.get(value);
  if (!list) return undefined;
  const total = g.sum(list);
  parts.set(value, [total]);
  return total;
}

/** Broadcasting undone, type and shape checked. */
function fitted(g: Builder, gradient: Value, input: Value, node: Node): Value {
  const shape = dimsOf(input);
  const summed = sameShape(dimsOf(gradient), shape) ? gradient : g.sumTo(gradient, shape);
  const type = isFloat(typeOf(input)) ? typeOf(input) : typeOf(summed);
  if (typeOf(summed) !== type || !sameShape(dimsOf(summed), shape)) {
    throw new TypeError(
      `The gradient rule of ${node} gives ${summed.type}[${summed.shape}] for "${input.name}", ` +
        `which is ${input.type}[${shape}]`,
    );
  }
  return summed;
}

function context(
  g: Builder,
  node: Node,
  gradientsOfOutputs: readonly (Value | undefined)[],
  index: number,
): RuleContext<Operator> {
  const operator = OPERATORS[operatorOf(node)!];
  const zeros = (position: number) => {
    const value = node.outputs[position]!;
    return gradientsOfOutputs[position] ?? g.full(dimsOf(value), 0, typeOf(value));
  };
  const dy = {};
  operator.outputs.forEach((name, position) => {
    Object.defineProperty(dy, plain(name), { get: () => zeros(position) });
  });
  return {
    g,
    node,
    index,
    x: named(operator.inputs, node.inputs),
    y: named(operator.outputs, node.outputs),
    dy,
    get dys() {
      return node.outputs.map((_, position) => zeros(position));
    },
  } as unknown as RuleContext<Operator>;
}

function named(names: readonly string[], values: readonly (Value | undefined)[]) {
  return Object.fromEntries(
    names.map((name, position) => [
      plain(name),
      name.startsWith("...") ? values.slice(position) : values[position],
    ]),
  );
}

function plain(name: string): string {
  return name.replace(/^\.\.\.|\?$/g, "");
}
