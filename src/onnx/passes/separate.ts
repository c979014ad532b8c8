import type { Graph, Node, Value } from "../graph.ts";
import { elementType } from "./known.ts";
import { release } from "./reroute.ts";

/** A graph in two parts, of which the first does not depend on anything that trains. */
export interface Separated {
  /** What can be computed once, its outputs the boundary; `undefined` where that is not worth a run. */
  readonly frozen: Graph | undefined;
  /** The rest, with the boundary among its inputs. */
  readonly rest: Graph;
  /** Names of the values that the rest reads from the frozen part, in the order of its outputs. */
  readonly boundary: readonly string[];
}

/** Operators that only look at the elements of their first input in another shape. */
const VIEWS: ReadonlySet<string> = new Set([
  "Flatten",
  "Identity",
  "Reshape",
  "Squeeze",
  "Unsqueeze",
]);

/** Operators so cheap that a run of their own does not pay, such as the scaling of pictures. */
const CHEAP: ReadonlySet<string> = new Set([
  ...VIEWS,
  "Add",
  "Cast",
  "Concat",
  "Constant",
  "Div",
  "Gather",
  "Mul",
  "Shape",
  "Slice",
  "Sub",
  "Transpose",
]);

/** Where training begins. */
export interface SeparateOptions {
  /** Constants and inputs that train. */
  readonly live: (value: Value) => boolean;
  /** Nodes that are not frozen whatever they read. */
  readonly stateful: (node: Node) => boolean;
  /** Further nodes for which a run of their own does not pay. @default {none} */
  readonly cheap?: (node: Node) => boolean;
  /** Length of the first axis of what is kept example by example. */
  readonly batch: number;
}

/**
 * Splits a graph where training begins: nodes that depend on no `live` constant or input and on no
 * `stateful` node are frozen, as long as what leaves them has one row an example, `[N, ...]`. The
 * graph given is left as it is; constants are shared, and what depends on constants alone goes to
 * whichever side reads it. Where nothing but cheap operators is frozen, the rest is all.
 */
export function separate(graph: Graph, options: SeparateOptions): Separated {
  const sorted = graph.sorted();
  const frozen = frozenNodes(graph, sorted, options);
  keepRows(graph, sorted, frozen, options.batch);
  const isCheap = (node: Node) =>
    node.domain === "" && CHEAP.has(node.opType) || options.cheap?.(node);
  if ([...frozen].every(isCheap)) {
    return { frozen: undefined, rest: graph.clone(), boundary: [] };
  }
  const values = boundaryOf(graph, sorted, frozen);
  const boundary = values.map((value) => value.name);
  if (boundary.length === 0) return { frozen: undefined, rest: graph.clone(), boundary };
  return { frozen: upstream(graph, boundary), rest: downstream(graph, boundary), boundary };
}

/** Frozen nodes that depend on an input; those that depend on constants alone belong to both sides. */
function frozenNodes(
  graph: Graph,
  sorted: readonly Node[],
  { live, stateful }: SeparateOptions,
): Set<Node> {
  const trained = new Set<Node>();
  const fed = new Set<Node>();
  for (const node of sorted) {
    const reads = node.reads();
    const isLive = (value: Value) => value.producer ? trained.has(value.producer) : live(value);
    if (stateful(node) || reads.some(isLive)) trained.add(node);
    const isFed = (value: Value) =>
      value.producer ? fed.has(value.producer) : graph.inputs.includes(value);
    if (reads.some(isFed)) fed.add(node);
  }
  return new Set(sorted.filter((node) => fed.has(node) && !trained.has(node)));
}

/** Takes nodes out of `frozen` until all that leaves it has one row an example. */
function keepRows(
  graph: Graph,
  sorted: readonly Node[],
  frozen: Set<Node>,
  batch: number,
): void {
  const turned = new Set<Node>();
  for (const node of sorted) {
    const movesRows = node.opType === "Transpose" && node.ints("perm")?.[0] !== 0;
    const isTurned = node.reads().some((value) => value.producer && turned.has(value.producer));
    if (movesRows || isTurned) turned.add(node);
  }
  for (const node of sorted.toReversed()) {
    if (!frozen.has(node)) continue;
    const hasRows = node.outputs.every((value) =>
      !leaves(graph, frozen, value) || isByRow(value!, batch, turned.has(node))
    );
    if (!hasRows) frozen.delete(node);
  }
}

/** Whether the first axis is that of the examples; in doubt, whether none was moved on the way. */
function isByRow({ shape }: Value, batch: number, turned: boolean): boolean {
  const rows = shape?.[0];
  if (typeof rows !== "number" || shape!.lastIndexOf(batch) > 0) {
    return !turned && (typeof rows !== "number" || rows === batch);
  }
  return rows === batch;
}

function leaves(graph: Graph, frozen: ReadonlySet<Node>, value: Value | undefined): boolean {
  return value?.producer !== undefined && frozen.has(value.producer) &&
    (graph.outputs.includes(value) || [...value.consumers].some((node) => !frozen.has(node)));
}

/** What readers outside `frozen` read; takes views of it out of `frozen` where that makes it smaller. */
function boundaryOf(graph: Graph, sorted: readonly Node[], frozen: Set<Node>): Value[] {
  const isBoundary = (value: Value | undefined) => leaves(graph, frozen, value);
  for (const node of sorted.toReversed()) {
    const [source] = node.inputs;
    const isView = frozen.has(node) && node.domain === "" && VIEWS.has(node.opType);
    if (!isView || !source || !isBoundary(node.outputs[0])) continue;
    const othersAreConstant = node.inputs.every((value, at) => at === 0 || value?.constant);
    // With its source on the boundary anyway, or an input, the view would only be a second copy.
    if (othersAreConstant && (!source.producer || isBoundary(source))) frozen.delete(node);
  }
  return sorted.flatMap((node) => node.outputs).filter((value) => value !== undefined)
    .filter((value) => isBoundary(value));
}

function upstream(graph: Graph, boundary: readonly string[]): Graph {
  const copy = graph.clone();
  copy.outputs.length = 0;
  for (const name of boundary) copy.outputs.push(copy.value(name));
  copy.prune();
  for (const input of [...copy.inputs]) {
    if (input.consumers.size === 0) copy.removeSource(input);
  }
  return copy;
}

function downstream(graph: Graph, boundary: readonly string[]): Graph {
  const copy = graph.clone();
  for (const name of boundary) {
    const value = copy.value(name);
    const { shape } = value;
    const type = elementType(value);
    const node = value.producer!;
    release(copy, node, node.outputs.indexOf(value));
    copy.addInput(name, type, shape);
  }
  copy.prune();
  for (const input of [...copy.inputs]) {
    const wasRead = graph.value(input.name).consumers.size > 0;
    if (wasRead && input.consumers.size === 0 && !copy.outputs.includes(input)) {
      copy.removeSource(input);
    }
  }
  return copy;
}
