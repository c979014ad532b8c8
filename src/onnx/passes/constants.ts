import type { DataType } from "../../tensor/dtype.ts";
import { int64s, tensor } from "../../tensor/tensor.ts";
import type { Graph, Value } from "../graph.ts";

/** Adds a vector `[n]` of int64; numbers that stand for "to the end" are cut to 2^53. */
export function addInt64s(graph: Graph, stem: string, values: readonly number[]): Value {
  const limit = Number.MAX_SAFE_INTEGER;
  const safe = values.map((value) => Math.max(-limit, Math.min(limit, value)));
  return graph.addConstant(graph.fresh(stem), int64s(safe));
}

/** Adds a scalar `[]` of a float type. */
export function addScalar(graph: Graph, stem: string, type: DataType, value: number): Value {
  return graph.addConstant(graph.fresh(stem), tensor(type, [], [value]));
}
