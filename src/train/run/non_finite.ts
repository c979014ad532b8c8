import type { Graph, Node, Value } from "../../onnx/graph.ts";
import { encodeGraph } from "../../onnx/write_model.ts";
import type { Runtime, Tensors } from "../../runtime/runtime.ts";
import { bytesPerElement, isFloat } from "../../tensor/dtype.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Tensor, toNumbers } from "../../tensor/tensor.ts";

/** Bytes of outputs that are looked at in one run. */
const CHUNK_BYTES = 2 ** 28;
/** Bytes that an output of unknown size is taken to have. */
const UNKNOWN_BYTES = 2 ** 20;

/** The first number that is not finite: its place and what it is; `undefined` where all are. */
export function nonFinite(
  { type, data, dims }: Tensor,
): { readonly index: number; readonly value: number } | undefined {
  if (!isFloat(type)) return undefined;
  const numbers = type === "float32" || type === "float64"
    ? data as Float32Array | Float64Array
    : toNumbers({ type, data, dims } as Tensor);
  for (let index = 0; index < numbers.length; index++) {
    const value = numbers[index]!;
    // Of finite numbers only, the difference from itself is 0.
    if (value - value !== 0) return { index, value };
  }
  return undefined;
}

/**
 * The first node, in the order of computation, with an output that is not finite for what is fed;
 * `undefined` where there is none. The graph is run with all of its outputs shown, some at a time.
 */
export async function firstNonFinite(
  runtime: Runtime,
  graph: Graph,
  { feeds, source }: { readonly feeds: Tensors; readonly source: object | undefined },
): Promise<{ readonly node: Node; readonly value: number } | undefined> {
  for (const some of chunks(graph)) {
    const copy = graph.clone();
    copy.outputs.length = 0;
    for (const { name } of some) {
      const value = copy.value(name);
      value.shape = undefined;
      copy.outputs.push(value);
    }
    copy.prune();
    for (const input of [...copy.inputs]) {
      if (input.consumers.size === 0) copy.removeSource(input);
    }
    const session = await runtime.session(encodeGraph(copy, { source }), { optimise: false });
    try {
      const wanted = session.inputs.map((name) => [name, feeds[name]!]);
      const results = await session.run(Object.fromEntries(wanted));
      for (const { name, producer } of some) {
        const found = nonFinite(results[name]!);
        if (found) return { node: producer!, value: found.value };
      }
    } finally {
      await session.release();
    }
  }
  return undefined;
}

/** The float values that nodes put out, in order, in parts of limited size. */
function chunks(graph: Graph): Value[][] {
  const parts: Value[][] = [];
  let room = 0;
  for (const value of graph.sorted().flatMap((node) => node.outputs)) {
    if (!value || value.type === undefined || !isFloat(value.type)) continue;
    if (room <= 0) {
      parts.push([]);
      room = CHUNK_BYTES;
    }
    parts.at(-1)!.push(value);
    const isKnown = value.shape?.every((dim) => typeof dim === "number");
    room -= isKnown ? sizeOf(value.shape as number[]) * bytesPerElement(value.type) : UNKNOWN_BYTES;
  }
  return parts;
}
