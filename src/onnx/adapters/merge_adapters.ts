import { sizeOf } from "../../tensor/shape.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import type { Model } from "../model.ts";
import { remodel } from "../model_from_graph.ts";
import { adapterNames, type AdapterRecord, adaptersOf, withAdapterRecords } from "./records.ts";

/**
 * The model with its adapters in its weights, W + alpha/rank · B·A: the same outputs, the same
 * operators, names and speed as before `lora`. The weights that took one in are trainable as the
 * adapter was. A model without adapters is given back as it is.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { loadBackbone, lora, mergeAdapters } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const merged = mergeAdapters(lora(backbone));
 * assertEquals([...merged.parameters.keys()], [...backbone.parameters.keys()]);
 * ```
 */
export function mergeAdapters(model: Model): Model {
  const records = adaptersOf(model);
  if (records.length === 0) return model;
  const graph = model.graph.clone();
  for (const record of records) {
    const { a, b } = adapterNames(record.weight);
    const weight = graph.value(record.weight);
    const parts = [weight, graph.value(a), graph.value(b)].map(({ constant }) => constant!);
    for (const name of record.outputs) {
      const sum = graph.values.get(name)?.producer;
      const own = sum?.inputs[0]?.producer;
      if (sum?.opType !== "Add" || !own) continue;
      graph.renameOutput(sum, 0, graph.fresh(`${name}.merged`));
      graph.remove(sum);
      graph.renameOutput(own, 0, name);
    }
    weight.constant = merged(record, parts as Tensor<"float32">[]);
  }
  graph.prune();
  const trained = new Map(records.map(({ weight }) => [
    weight,
    model.parameters.get(adapterNames(weight).b)?.trainable ?? false,
  ]));
  return remodel(model, graph, {
    metadata: withAdapterRecords(model.metadata, []),
    trainable: (name) => trained.get(name) ?? model.parameters.get(name)?.trainable ?? true,
  });
}

/** W + alpha/rank · B·A, group by group, summed in float64. */
function merged(
  { rank, alpha, productScale, outFirst, groups }: AdapterRecord,
  [weight, a, b]: readonly Tensor<"float32">[],
): Tensor<"float32"> {
  const result = tensor("float32", weight!.dims, weight!.data.slice());
  const out = b!.dims[0]!;
  const patch = sizeOf(a!.dims.slice(1));
  const low = rank / groups;
  const scale = alpha / rank / productScale;
  for (let row = 0; row < out; row++) {
    const first = Math.floor(row / (out / groups)) * low;
    for (let column = 0; column < patch; column++) {
      let sum = 0;
      for (let k = 0; k < low; k++) {
        sum += b!.data[row * low + k]! * a!.data[(first + k) * patch + column]!;
      }
      const at = outFirst ? row * patch + column : column * out + row;
      result.data[at] = weight!.data[at]! + scale * sum;
    }
  }
  return result;
}
