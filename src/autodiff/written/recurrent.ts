import type { Node, Value } from "../../onnx/graph.ts";
import { type Builder, dimsOf, type Unary } from "../builder.ts";
import type { WriteOut } from "./written.ts";

/** Activations that need no settings. */
const ACTIVATIONS = new Set(["Relu", "Sigmoid", "Softplus", "Softsign", "Tanh"]);
const DEFAULTS: Readonly<Record<string, readonly string[]>> = {
  RNN: ["Tanh"],
  GRU: ["Sigmoid", "Tanh"],
  LSTM: ["Sigmoid", "Tanh", "Tanh"],
};

/** One direction of a recurrent layer, its parameters without the axis of directions. */
interface Direction {
  readonly g: Builder;
  readonly node: Node;
  /** Number of units. */
  readonly size: number;
  /** What the input contributes to every gate, `[T, N, gates·size]`, its biases included. */
  readonly fromInput: Value;
  /** Recurrent weights `[gates·size, size]`. */
  readonly weight: Value;
  /** Recurrent biases `[gates·size]`, not yet added. */
  readonly bias: Value | undefined;
  /** Weights from the cell to the gates, `[3·size]`. */
  readonly peepholes: Value | undefined;
  readonly activations: readonly string[];
}

/** What a layer carries from step to step, each `[N, size]`. */
interface State {
  readonly h: Value;
  readonly c: Value;
}

/**
 * RNN, GRU and LSTM layers, step by step. Layers with activations of their own settings stay as
 * they are.
 */
export const recurrent: WriteOut = (g, node) => {
  if (!activationsOf(node)) return undefined;
  const [x, weights, , , lengths, h0, c0] = node.inputs;
  const [steps, batch] = dimsOf(x!) as [number, number];
  const count = dimsOf(weights!)[0]!;
  const sides = Array.from({ length: count }, (_, d) => {
    const direction = directionOf(g, node, d, count);
    const zeros = g.full([batch, direction.size], 0, "float32");
    const start = (value: Value | undefined) => value ? part(g, value, d) : zeros;
    const isReverse = d === 1 || node.string("direction", "forward") === "reverse";
    return run(direction, { h: start(h0), c: start(c0) }, { steps, lengths, isReverse });
  });
  const size = sides[0]!.size;
  const lead = (value: Value) => g.reshape(value, [1, batch, size]);
  const rows = Array.from(
    { length: steps },
    (_, t) =>
      g.reshape(g.concat(sides.map((side) => lead(side.outputs[t]!)), 0), [1, count, batch, size]),
  );
  return [
    g.concat(rows, 0),
    g.concat(sides.map((side) => lead(side.state.h)), 0),
    g.concat(sides.map((side) => lead(side.state.c)), 0),
  ];
};

function activationsOf(node: Node): readonly string[] | undefined {
  const given = node.attributes.get("activations");
  const names = given?.kind === "strings" ? given.value.map(String) : undefined;
  const directions = dimsOf(node.inputs[1]!)[0]!;
  const all = names ?? Array.from({ length: directions }, () => DEFAULTS[node.opType]!).flat();
  return all.every((name) => ACTIVATIONS.has(name)) ? all : undefined;
}

/** `value` at index `d` of its first axis. */
function part(g: Builder, value: Value, d: number): Value {
  return g.reshape(g.slice(value, [0], [d], [d + 1]), dimsOf(value).slice(1));
}

function directionOf(g: Builder, node: Node, d: number, count: number): Direction {
  const [x, weights, recurrent, biases, , , , peepholes] = node.inputs;
  const [steps, batch, features] = dimsOf(x!) as [number, number, number];
  const weight = part(g, recurrent!, d);
  const [rows, size] = dimsOf(weight) as [number, number];
  const both = biases && part(g, biases, d);
  const product = g.gemm(g.reshape(x!, [steps * batch, features]), part(g, weights!, d), {
    b: true,
  });
  const own = both ? g.add(product, g.slice(both, [0], [0], [rows])) : product;
  const activations = activationsOf(node)!;
  const each = activations.length / count;
  return {
    g,
    node,
    size,
    fromInput: g.reshape(own, [steps, batch, rows]),
    weight,
    bias: both && g.slice(both, [0], [rows], [2 * rows]),
    peepholes: peepholes && part(g, peepholes, d),
    activations: activations.slice(d * each, (d + 1) * each),
  };
}

function run(
  direction: Direction,
  start: State,
  { steps, lengths, isReverse }: {
    readonly steps: number;
    readonly lengths: Value | undefined;
    readonly isReverse: boolean;
  },
): { readonly outputs: Value[]; readonly state: State; readonly size: number } {
  const { g, node, fromInput, size } = direction;
  const step = { RNN: rnnStep, GRU: gruStep, LSTM: lstmStep }[node.opType]!;
  const outputs = new Array<Value>(steps);
  let state = start;
  for (let i = 0; i < steps; i++) {
    const t = isReverse ? steps - 1 - i : i;
    const next = step(direction, part(g, fromInput, t), state);
    if (!lengths) {
      [state, outputs[t]] = [next, next.h];
      continue;
    }
    // A sequence that has ended keeps its state and gives zeros.
    const batch = dimsOf(lengths)[0]!;
    const goes = g.reshape(g.compare("Greater", lengths, g.scalar(t, lengths)), [batch, 1]);
    const kept = { h: g.where(goes, next.h, state.h), c: g.where(goes, next.c, state.c) };
    [state, outputs[t]] = [kept, g.where(goes, next.h, g.scalar(0, next.h))];
  }
  return { outputs, state, size };
}

/** Bounds a sum where the layer says so, and bends it. */
function bent({ g, node, activations }: Direction, which: number, sum: Value): Value {
  const limit = node.float("clip", 0);
  const bounds = [g.scalar(-limit, sum), g.scalar(limit, sum)];
  const held = limit > 0 ? g.op("Clip", [sum, ...bounds], dimsOf(sum)) : sum;
  return g.op(activations[which] as Unary, [held], dimsOf(held));
}

/** The columns of gate `index` of `[N, gates·size]`. */
function gate({ g, size }: Direction, sums: Value, index: number): Value {
  return g.slice(sums, [1], [index * size], [(index + 1) * size]);
}

function withBias({ g, bias }: Direction, sums: Value): Value {
  return bias ? g.add(sums, bias) : sums;
}

/** H ← f(X·Wᵀ + H·Rᵀ + biases). */
function rnnStep(direction: Direction, x: Value, { h }: State): State {
  const { g, weight } = direction;
  const sums = withBias(direction, g.add(x, g.gemm(h, weight, { b: true })));
  const next = bent(direction, 0, sums);
  return { h: next, c: next };
}

/** z and r gate what is kept and what is read; H ← (1 − z)·h + z·H (Cho et al., arXiv 1406.1078). */
function gruStep(direction: Direction, x: Value, { h }: State): State {
  const { g, node, weight, bias, size } = direction;
  const rows = (from: number, to: number) => g.slice(weight, [0], [from * size], [to * size]);
  const biases = (from: number, to: number) =>
    bias && g.slice(bias, [0], [from * size], [to * size]);
  const plus = (sum: Value, more: Value | undefined) => more ? g.add(sum, more) : sum;
  const gates = plus(g.gemm(h, rows(0, 2), { b: true }), biases(0, 2));
  const z = bent(direction, 0, g.add(gate(direction, x, 0), gate(direction, gates, 0)));
  const r = bent(direction, 0, g.add(gate(direction, x, 1), gate(direction, gates, 1)));
  const hidden = node.int("linear_before_reset", 0) === 1
    ? g.mul(r, plus(g.gemm(h, rows(2, 3), { b: true }), biases(2, 3)))
    : plus(g.gemm(g.mul(r, h), rows(2, 3), { b: true }), biases(2, 3));
  const candidate = bent(direction, 1, g.add(gate(direction, x, 2), hidden));
  const next = g.add(g.mul(g.sub(g.scalar(1, z), z), candidate), g.mul(z, h));
  return { h: next, c: next };
}

/** C ← f·C + i·c, H ← o·tanh(C) (Hochreiter and Schmidhuber, 1997), peepholes where there are any. */
function lstmStep(direction: Direction, x: Value, { h, c }: State): State {
  const { g, node, weight, peepholes, size } = direction;
  const sums = withBias(direction, g.add(x, g.gemm(h, weight, { b: true })));
  const seen = (sum: Value, cell: Value, index: number) =>
    peepholes
      ? g.add(sum, g.mul(cell, g.slice(peepholes, [0], [index * size], [(index + 1) * size])))
      : sum;
  const input = bent(direction, 0, seen(gate(direction, sums, 0), c, 0));
  const forget = node.int("input_forget", 0) === 1
    ? g.sub(g.scalar(1, input), input)
    : bent(direction, 0, seen(gate(direction, sums, 2), c, 2));
  const candidate = bent(direction, 1, gate(direction, sums, 3));
  const cell = g.add(g.mul(forget, c), g.mul(input, candidate));
  const output = bent(direction, 0, seen(gate(direction, sums, 1), cell, 1));
  const shown = g.op(direction.activations[2] as Unary, [cell], dimsOf(cell));
  return { h: g.mul(output, shown), c: cell };
}
