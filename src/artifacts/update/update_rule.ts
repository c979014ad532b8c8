import { element, type Expr, scalar } from "./expression.ts";
import type { Kernel } from "./kernel.ts";

/**
 * An optimizer as `fit({ optimizer })` takes it: what one step does to one element, as a formula.
 * The same formula is rendered as WebAssembly and, where parameters live on a GPU, inside the graph.
 *
 * `State` names what is kept per element between steps (it starts at 0), `Scalar` the numbers that
 * are the same for all elements of a step.
 */
export interface UpdateRule<State extends string = string, Scalar extends string = string> {
  /** Name of the optimizer, such as `adamW`. */
  readonly name: string;
  /** Learning rate before any schedule. */
  readonly learningRate: number;
  /** Names of the numbers kept per element; all start at 0. */
  readonly state: readonly State[];
  /** The options the rule was made with, for checkpoints and messages. */
  readonly settings: Readonly<Record<string, number | boolean>>;
  /** The numbers of step `step` (the first is 1) at the learning rate given, in float64. */
  scalars(step: number, learningRate: number): Readonly<Record<Scalar, number>>;
  /** The new parameter and the new state of an element. */
  update(terms: UpdateTerms<State, Scalar>): Updated<State>;
}

/** What the formula of an update rule may use. */
export interface UpdateTerms<State extends string = string, Scalar extends string = string> {
  /** The parameter's element. */
  readonly parameter: Expr;
  /** The gradient of the loss with respect to it. */
  readonly gradient: Expr;
  /** The numbers kept for it, by name. */
  readonly state: Readonly<Record<State, Expr>>;
  /** The numbers of this step, by name. */
  readonly scalar: Readonly<Record<Scalar, Expr>>;
}

/** The formulas of the values after a step. */
export interface Updated<State extends string = string> {
  /** The new parameter. */
  readonly parameter: Expr;
  /** The new state, by name. */
  readonly state: Readonly<Record<State, Expr>>;
}

/** The rule as a kernel over the arrays `parameter`, `gradient` and the rule's state, in this order. */
export function updateKernel(rule: UpdateRule): Kernel {
  const buffers = ["parameter", "gradient", ...rule.state];
  const repeated = buffers.find((name, index) => buffers.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new RangeError(`Optimizer ${rule.name} names its state "${repeated}", which is taken`);
  }
  const scalars = Object.keys(rule.scalars(1, rule.learningRate));
  const updated = rule.update({
    parameter: element("parameter"),
    gradient: element("gradient"),
    state: Object.fromEntries(rule.state.map((name) => [name, element(name)])),
    scalar: Object.fromEntries(scalars.map((name) => [name, scalar(name)])),
  });
  const writes = new Map([["parameter", updated.parameter]]);
  for (const name of rule.state) {
    const expr = updated.state[name];
    if (!expr) throw new TypeError(`Optimizer ${rule.name} does not update its state "${name}"`);
    writes.set(name, expr);
  }
  return { name: rule.name, buffers, scalars, writes };
}
