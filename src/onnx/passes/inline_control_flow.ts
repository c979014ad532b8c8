import { positiveAxis } from "../../tensor/shape.ts";
import { int64s, type Tensor, tensor, toNumbers } from "../../tensor/tensor.ts";
import { int } from "../attribute.ts";
import type { Graph, Node, Value } from "../graph.ts";
import { inlined, subgraphOf } from "../subgraph.ts";
import type { GraphProto } from "../wire/onnx_pb.ts";
import { release } from "./reroute.ts";

/** A loop of more turns than this stays a loop. */
const MOST_TURNS = 10_000;

/** How a node's subgraphs become part of the graph: its outputs, or `undefined` where they cannot. */
const INLINE: Readonly<
  Record<string, (graph: Graph, node: Node) => readonly (Value | undefined)[] | undefined>
> = { If: branches, Loop: loop, Scan: scan };

/**
 * Writes branches and loops out in the graph around them, for those nodes for which `wanted` is true,
 * and returns whether there was one. Of a branch on a condition that is not known both sides are
 * computed and one is chosen; a loop's number of turns must be a constant, and nothing may end it
 * early. Shapes must be known. Other nodes stay as they are.
 */
export function inlineControlFlow(graph: Graph, wanted: (node: Node) => boolean): boolean {
  let hasChanged = false;
  for (const node of graph.sorted()) {
    if (node.domain !== "" || !Object.hasOwn(INLINE, node.opType) || !wanted(node)) continue;
    const outputs = INLINE[node.opType]!(graph, node);
    if (!outputs) continue;
    node.outputs.forEach((value, position) => {
      if (!value) return;
      release(graph, node, position);
      graph.add("Identity", [outputs[position]!], { outputs: [value.name] });
    });
    graph.remove(node);
    hasChanged = true;
  }
  // Conditions that a loop hands on have no reader any more.
  if (hasChanged) graph.prune();
  return hasChanged;
}

/** The branch taken; or both, and a choice between their results, which must be of one shape. */
function branches(graph: Graph, node: Node): Value[] | undefined {
  const [condition] = node.inputs as [Value];
  const [yes, no] = ["then_branch", "else_branch"].map((name) => subgraphOf(node, name));
  if (!yes || !no) return undefined;
  const known = constantOf(condition);
  if (known) return inlined(graph, Number(known.data[0]) ? yes : no, []);
  const isStatic = (value: Value | undefined) =>
    !value || value.shape?.every((dim) => typeof dim === "number");
  if (!node.outputs.every(isStatic)) return undefined;
  const scalar = add(graph, "Reshape", [condition, constant(graph, int64s([]))]);
  const others = inlined(graph, no, []);
  return inlined(graph, yes, []).map((value, at) =>
    add(graph, "Where", [scalar, value, others[at]!])
  );
}

/** The body as often as the loop turns. */
function loop(graph: Graph, node: Node): Value[] | undefined {
  const [count, condition, ...initial] = node.inputs as [Value?, Value?, ...Value[]];
  const body = subgraphOf(node, "body");
  const turns = Number(constantOf(count)?.data[0] ?? NaN);
  const mayStart = condition === undefined || Number(constantOf(condition)?.data[0] ?? 0) === 1;
  if (!body || !(turns >= 0 && turns <= MOST_TURNS) || !mayStart || !keepsOn(body)) {
    return undefined;
  }
  const goes = constant(graph, tensor("bool", [], [1]));
  const rows: Value[][] = [];
  let state = initial;
  for (let turn = 0; turn < turns; turn++) {
    const [, ...made] = inlined(graph, body, [constant(graph, int64s([turn], [])), goes, ...state]);
    state = made.slice(0, initial.length);
    rows.push(made.slice(initial.length));
  }
  const scans = body.output.length - 1 - initial.length;
  if (turns === 0 && scans > 0) return undefined;
  return [...state, ...stacked(graph, rows, Array.from({ length: scans }, () => 0))];
}

/** Whether a loop's body never asks to stop: it hands its condition on, or gives a constant true. */
function keepsOn(body: GraphProto): boolean {
  let name = body.output[0]!.name;
  for (;;) {
    if (name === body.input[1]?.name) return true;
    const maker = body.node.find((one) => one.output.includes(name));
    if (maker?.opType === "Identity") name = maker.input[0]!;
    else {
      const stored = maker?.opType === "Constant"
        ? maker.attribute.find((one) => one.name === "value")?.t
        : body.initializer.find((one) => one.name === name);
      return [...stored?.rawData ?? [], ...stored?.int32Data ?? []].some((one) =>
        Number(one) !== 0
      );
    }
  }
}

/** The body once for each element along the axes that are scanned. */
function scan(graph: Graph, node: Node): Value[] | undefined {
  const body = subgraphOf(node, "body");
  const count = node.int("num_scan_inputs", 0);
  const inputs = node.inputs as Value[];
  const scanned = inputs.slice(inputs.length - count);
  if (!body || count === 0) return undefined;
  const list = (name: string, length: number) => node.ints(name) ?? Array.from({ length }, () => 0);
  const axes = list("scan_input_axes", count).map((axis, at) =>
    positiveAxis(axis, scanned[at]!.shape?.length ?? 0)
  );
  const turns = scanned[0]?.shape?.[axes[0]!];
  if (typeof turns !== "number" || turns === 0 || turns > MOST_TURNS) return undefined;
  const backwards = list("scan_input_directions", count);
  const rows: Value[][] = [];
  let state = inputs.slice(0, inputs.length - count);
  for (let turn = 0; turn < turns; turn++) {
    const elements = scanned.map((value, at) => {
      const place = backwards[at] === 1 ? turns - 1 - turn : turn;
      return add(graph, "Gather", [value, constant(graph, int64s([place], []))], axes[at]!);
    });
    const made = inlined(graph, body, [...state, ...elements]);
    rows.push(made.slice(state.length));
    state = made.slice(0, state.length);
  }
  const scans = rows[0]!.length;
  const outward = list("scan_output_directions", scans);
  return [...state, ...stacked(graph, rows, list("scan_output_axes", scans), outward)];
}

/** What every turn gave, one after the other along a new axis. */
function stacked(
  graph: Graph,
  rows: readonly (readonly Value[])[],
  axes: readonly number[],
  directions: readonly number[] = [],
): Value[] {
  return axes.map((axis, which) => {
    const at = constant(graph, int64s([axis]));
    const parts = rows.map((row) => add(graph, "Unsqueeze", [row[which]!, at]));
    if (directions[which] === 1) parts.reverse();
    return add(graph, "Concat", parts, axis);
  });
}

function constantOf(value: Value | undefined): Tensor | undefined {
  return value?.constant && toNumbers(value.constant).length === 1 ? value.constant : undefined;
}

function constant(graph: Graph, value: Tensor): Value {
  return graph.addConstant(graph.fresh("turn"), value);
}

function add(graph: Graph, opType: string, inputs: readonly Value[], axis?: number): Value {
  const attributes = axis === undefined ? {} : { axis: int(axis) };
  return graph.add(opType, inputs, { attributes }).outputs[0]!;
}
