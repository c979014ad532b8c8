import type { DataType } from "../../tensor/dtype.ts";
import { int64s, type Tensor, tensor } from "../../tensor/tensor.ts";
import type { Graph, Value } from "../graph.ts";

/** Adds a vector `[n]` of int64; numbers that stand for "to the end" are cut to 2^53. */
export function addInt64s(graph: Graph, stem: string, values: readonly number[]): Value {
  const limit = Number.MAX_SAFE_INTEGER;
  const safe = values.map((value) => Math.max(-limit, Math.min(limit, value)));
  return graph.addConstant(graph.fresh(stem), int64s(safe));
}

/** Adds a scalar `[]` of a float type. */
export function addScalar(graph: Graph, stem: string, type: DataType, value: number): Value {
  return graph.addConstant(graph.fresh(stem), scalar(type, value));
}

function scalar(type: DataType, value: number): Tensor {
  if (type === "float16") {
    return tensor(type, [], new Uint16Array(new Float16Array([value]).buffer));
  }
  if (type === "bfloat16") {
    const [bits] = new Uint32Array(new Float32Array([value]).buffer);
    // Round to nearest, ties to even, on the 16 bits that are dropped.
    const half = bits! & 0x7fffffff;
    const rounded = half > 0x7f800000 ? bits! : bits! + 0x7fff + (bits! >>> 16 & 1);
    return tensor(type, [], Uint16Array.of(rounded >>> 16));
  }
  return tensor(type, [], [value]);
}
