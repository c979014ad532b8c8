import { sha256 } from "../../tensor/sha256.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Node, Value } from "../graph.ts";
import type { Model } from "../model.ts";
import { headWeights } from "./layers.ts";

/**
 * A text that is another one where a weight of the base is another; the head and what goes `without`
 * are left aside. By it adapters know the network that they were trained beside.
 */
export async function baseFingerprint(model: Model, without: ReadonlySet<string>): Promise<string> {
  const head = headWeights(model);
  const parts: string[] = [];
  const add = async (name: string, value: Tensor) => {
    if (without.has(name) || head.has(name)) return;
    parts.push(`${name} ${value.type}[${value.dims}] ${await contentOf(value)}`);
  };
  for (const { name, value } of model.parameters.values()) await add(name, value);
  for (const node of model.graph.nodes) {
    for (const value of runningStatisticsOf(node)) await add(value.name, value.constant!);
  }
  return await sha256(parts.sort().join("\n"));
}

/** Mean and variance that a batch normalisation keeps. */
export function runningStatisticsOf(node: Node): Value[] {
  if (node.opType !== "BatchNormalization") return [];
  return node.inputs.slice(3).filter((value) => value?.constant) as Value[];
}

function contentOf({ data }: Tensor): Promise<string> {
  return sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
