import { element, type Expr, multiply, scalar } from "./expression.ts";
import type { Kernel } from "./kernel.ts";
import type { Factored, Probe, TensorNumbers, Updated, UpdateTerms } from "./rule_parts.ts";

/**
 * An optimizer as `fit({ optimizer })` takes it: what one step does to one element, as a formula.
 * The same formula is rendered as WebAssembly and, where parameters live on a GPU, inside the graph.
 *
 * `State` names what is kept per element between steps (it starts at 0), `Scalar` the numbers that
 * are the same for all elements of a step. Optimizers that need more than one element at a time
 * have the optional parts, which are formulas and numbers as well.
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
  /** Numbers of each tensor that the formulas use as scalars, made of lengths over the tensor. */
  readonly tensorNumbers?: TensorNumbers<State, Scalar>;
  /** Where the mean squares of the gradients are kept by row and column: the first two of `state`. */
  readonly factored?: Factored;
  /** A look at the gradients elsewhere before each step. */
  readonly probe?: Probe;
  /** The rule for tensors of a shape, where it is another one. */
  readonly forShape?: (shape: readonly number[]) => UpdateRule;
  /** The same rule with another weight decay, for groups of parameters. */
  readonly withWeightDecay?: (weightDecay: number) => UpdateRule;
}

/** How a rule is rendered. */
export interface KernelOptions {
  /** The gradient, where it is not the element as it lies. @default {element("gradient")} */
  readonly gradient?: Expr;
  /** Names of numbers that this formula needs. @default {none} */
  readonly scalars?: readonly string[];
}

/** What the rule's formulas may use. */
export function termsOf(rule: UpdateRule, options: KernelOptions = {}): UpdateTerms {
  const perElement = rule.factored ? rule.state.slice(2) : rule.state;
  return {
    parameter: element("parameter"),
    gradient: options.gradient ?? element("gradient"),
    state: Object.fromEntries(perElement.map((name) => [name, element(name)])),
    scalar: Object.fromEntries(scalarNames(rule).map((name) => [name, scalar(name)])),
    ...(rule.factored
      ? { meanSquare: multiply(element(ROW_FACTOR), element(rule.state[1]!)) }
      : {}),
  };
}

/** The rule as a kernel over the arrays `parameter`, `gradient` and the rule's state, in this order. */
export function updateKernel(rule: UpdateRule, options: KernelOptions = {}): Kernel {
  const base = baseKernel(rule, options);
  const updated = rule.update(termsOf(rule, options));
  const writes = new Map([["parameter", updated.parameter]]);
  for (const name of rule.factored ? rule.state.slice(2) : rule.state) {
    const expr = updated.state[name];
    if (!expr) throw new TypeError(`Optimizer ${rule.name} does not update its state "${name}"`);
    writes.set(name, expr);
  }
  return { ...base, writes };
}

/** A kernel over the arrays of the rule that writes nothing yet. */
export function baseKernel(rule: UpdateRule, options: KernelOptions = {}): Kernel {
  const buffers = ["parameter", "gradient", ...rule.state];
  const repeated = buffers.find((name, index) => buffers.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new RangeError(`Optimizer ${rule.name} names its state "${repeated}", which is taken`);
  }
  const scalars = [...scalarNames(rule), ...options.scalars ?? []];
  const kernel = { name: rule.name, buffers, scalars, writes: new Map<string, Expr>() };
  if (!rule.factored) return kernel;
  // Formulas never read the rows themselves: what they need of them takes their place.
  return {
    ...kernel,
    buffers: buffers.with(2, ROW_FACTOR),
    layout: new Map([[ROW_FACTOR, "row"], [rule.state[1]!, "column"]]),
  };
}

/** What the rows of a factored rule are multiplied with: their mean squares over the mean of these. */
const ROW_FACTOR = "rowFactor";

function scalarNames(rule: UpdateRule): string[] {
  return Object.keys(rule.scalars(1, rule.learningRate));
}
