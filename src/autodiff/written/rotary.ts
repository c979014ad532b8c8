import type { Value } from "../../onnx/graph.ts";
import { type Builder, dimsOf } from "../builder.ts";
import type { WriteOut } from "./written.ts";
import { mergeHeads, splitHeads } from "./attention_core.ts";

/**
 * Pairs of elements turned by angles that grow with the position (Su et al., arXiv 2104.09864), in
 * ONNX's own form (positions last) and in the runtime's (positions second).
 */
export const rotaryEmbedding: WriteOut = (g, node) => {
  const isFused = node.domain !== "";
  const [x] = node.inputs as [Value];
  const [cosines, sines, positions] = isFused
    ? [node.inputs[2]!, node.inputs[3]!, node.inputs[1]]
    : [node.inputs[1]!, node.inputs[2]!, node.inputs[3]];
  if (node.int("is_packed_batching", 0) === 1) return undefined;
  const hasHeads = dimsOf(x).length === 4;
  const half = dimsOf(cosines).at(-1)!;
  const turned = node.int("rotary_embedding_dim", 0) || 2 * half;
  const given = node.int("num_heads", 0);
  const heads = given || (isFused && !hasHeads ? dimsOf(x)[2]! / turned : 1);
  const whole = hasHeads ? x : splitHeads(g, x, heads);
  const [batch, , rows, size] = dimsOf(whole) as [number, number, number, number];
  const angles = (cache: Value) => atPositions(g, cache, positions, [batch, rows, half]);
  const [cos, sin] = [angles(cosines), angles(sines)];
  const front = g.slice(whole, [3], [0], [turned]);
  const [a, b] = parted(g, front, node.int("interleaved", 0) === 1);
  const first = g.sub(g.mul(a, cos), g.mul(b, sin));
  const second = g.add(g.mul(a, sin), g.mul(b, cos));
  const joined = node.int("interleaved", 0) === 1
    ? g.reshape(g.concat([first, second].map((one) => lifted(g, one)), 4), dimsOf(front))
    : g.concat([first, second], 3);
  const made = turned === size
    ? joined
    : g.concat([joined, g.slice(whole, [3], [turned], [size])], 3);
  return [hasHeads ? made : mergeHeads(g, made)];
};

/** Rows of a table at the positions, `[B, 1, S, half]`; a table of three axes has them in order. */
function atPositions(
  g: Builder,
  cache: Value,
  positions: Value | undefined,
  [batch, rows, half]: readonly [number, number, number],
): Value {
  if (!positions) return g.reshape(cache, [batch, 1, rows, half]);
  if (dimsOf(positions).length === 1) {
    const counted = g.integers(Array.from({ length: rows }, (_, at) => at));
    return g.reshape(g.gather(cache, g.add(counted, positions), 0), [1, 1, rows, half]);
  }
  return g.reshape(g.gather(cache, positions, 0), [batch, 1, rows, half]);
}

/** Even and odd elements, or the halves. */
function parted(g: Builder, x: Value, isInterleaved: boolean): [Value, Value] {
  const size = dimsOf(x)[3]!;
  return isInterleaved
    ? [g.slice(x, [3], [0], [size], [2]), g.slice(x, [3], [1], [size], [2])]
    : [g.slice(x, [3], [0], [size / 2]), g.slice(x, [3], [size / 2], [size])];
}

function lifted(g: Builder, x: Value): Value {
  return g.reshape(x, [...dimsOf(x), 1]);
}
