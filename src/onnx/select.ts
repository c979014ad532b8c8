import { nearest } from "../tensor/nearest.ts";
import type { Graph, Node, Value } from "./graph.ts";
import type { Model, Parameter } from "./model.ts";
import { remodel } from "./model_from_graph.ts";

/**
 * Which parameters: all, none, the classifier's or all others; one by name, some by pattern or by a
 * function; or those before or after a node or value of the graph. A list is their union.
 */
export type Selector =
  | "all"
  | "none"
  | "head"
  | "backbone"
  | (string & Record<never, never>)
  | RegExp
  | ((parameter: Parameter) => boolean)
  | {
    /** Name of a node or value: the parameters it depends on. */
    readonly before: string;
  }
  | {
    /** Name of a node or value: the parameters of what depends on it. */
    readonly after: string;
  }
  | readonly Selector[];

/**
 * The model with some parameters frozen: `fit` leaves them as they are. Throws `RangeError` for a
 * selector that names nothing.
 *
 * @example Train the classifier only
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { freeze, loadBackbone } from "@graft/graft";
 *
 * const model = freeze(await loadBackbone("digit_cnn", { weights: "random" }), "backbone");
 * const trainable = [...model.parameters.values()].filter((one) => one.trainable);
 * assertEquals(trainable.map((one) => one.name), ["fc2.weight", "fc2.bias"]);
 * ```
 */
export function freeze(model: Model, selector: Selector): Model {
  return marked(model, selector, false);
}

/**
 * The model with some parameters trainable again. Throws `RangeError` for a selector that names nothing.
 *
 * @example Train all of a network
 * ```ts
 * import { assert } from "@std/assert";
 * import { freeze, loadBackbone, unfreeze } from "@graft/graft";
 *
 * const frozen = freeze(await loadBackbone("digit_cnn", { weights: "random" }), "all");
 * assert([...unfreeze(frozen, "all").parameters.values()].every((one) => one.trainable));
 * ```
 */
export function unfreeze(model: Model, selector: Selector): Model {
  return marked(model, selector, true);
}

/** Names of the parameters that a selector means. Throws `RangeError` where it names nothing. */
export function select(model: Model, selector: Selector): Set<string> {
  const parameters = [...model.parameters.values()];
  const names = (keep: (parameter: Parameter) => boolean) =>
    new Set(parameters.filter(keep).map((parameter) => parameter.name));
  if (Array.isArray(selector)) {
    return new Set((selector as Selector[]).flatMap((one) => [...select(model, one)]));
  }
  if (selector === "all") return names(() => true);
  if (selector === "none") return new Set();
  if (selector === "head") return headOf(names((parameter) => parameter.head));
  if (selector === "backbone") return names((parameter) => !parameter.head);
  if (typeof selector === "function") return names(selector);
  if (typeof selector === "string") return new Set([oneName(model, selector)]);
  if (selector instanceof RegExp) {
    const found = names((parameter) => parameter.name.search(selector) >= 0);
    if (found.size === 0) {
      throw new RangeError(
        `No parameter's name matches ${selector}; the model has ${some(model.parameters.keys())}`,
      );
    }
    return found;
  }
  if (typeof selector === "object" && selector !== null) {
    const [[side, name] = [], ...more] = Object.entries(selector);
    const isSide = (side === "before" || side === "after") && more.length === 0;
    if (isSide && typeof name === "string") return beside(model, name, side);
  }
  throw new TypeError(
    `A selector is "all", "none", "head", "backbone", a parameter's name, a RegExp, a function, ` +
      `{ before: name }, { after: name } or a list of those, found ${Deno.inspect(selector)}`,
  );
}

/** The value that a node or value name stands for. Throws `RangeError` for an unknown name. */
export function valueNamed(graph: Graph, name: string): Value {
  const value = graph.values.get(name) ??
    [...graph.nodes].find((node) => node.name === name)?.outputs[0];
  if (value) return value;
  const names = [...graph.values.keys(), ...[...graph.nodes].map((node) => node.name)];
  throw new RangeError(`The model has no node or value called "${name}"; ${hint(name, names)}`);
}

function marked(model: Model, selector: Selector, trainable: boolean): Model {
  const chosen = select(model, selector);
  return remodel(model, model.graph, {
    trainable: (name) => chosen.has(name) ? trainable : model.parameters.get(name)!.trainable,
  });
}

function oneName(model: Model, name: string): string {
  if (model.parameters.has(name)) return name;
  const names = [...model.parameters.keys()];
  throw new RangeError(`The model has no parameter called "${name}"; ${hint(name, names)}`);
}

function headOf(found: Set<string>): Set<string> {
  if (found.size > 0) return found;
  throw new RangeError(
    'The selector "head" names nothing: no classifier was found at the end of the model. ' +
      "Give it one (replaceHead), or select parameters by name",
  );
}

/** What was probably meant, or else what there is. */
function hint(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  return near ? `did you mean "${near}"?` : `it has ${some(names)}`;
}

/** The first of some names, and how many there are. */
function some(names: Iterable<string>): string {
  const all = [...names].filter((name) => name !== "");
  const shown = all.slice(0, 8).map((name) => `"${name}"`).join(", ");
  return all.length > 8 ? `${shown}, … (${all.length} in all)` : shown || "none";
}

function beside(model: Model, name: string, side: "before" | "after"): Set<string> {
  const start = valueNamed(model.graph, name);
  const reached = new Set<Node>();
  const follow = (node: Node | undefined) => {
    if (!node || reached.has(node)) return;
    reached.add(node);
    if (side === "before") node.reads().forEach((value) => follow(value.producer));
    else node.outputs.forEach((value) => value?.consumers.forEach(follow));
  };
  if (side === "before") start.producer?.reads().forEach((value) => follow(value.producer));
  else start.consumers.forEach(follow);
  const constants = [...reached].flatMap((node) => node.reads().map((value) => value.name));
  const found = new Set(constants.filter((one) => model.parameters.has(one)));
  if (found.size === 0) throw new RangeError(`There are no parameters ${side} "${name}"`);
  return found;
}
