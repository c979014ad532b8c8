import { z } from "zod";
import { checkOptions } from "../tensor/options.ts";
import { featuresFor } from "./head_features.ts";
import { addHead as addLayers } from "./heads/add_head.ts";
import type { HeadBuilder } from "./heads/head.ts";
import { linear } from "./heads/layers.ts";
import type { Model } from "./model.ts";
import { remodel } from "./model_from_graph.ts";

/** Options of `addHead`. */
export interface AddHeadOptions {
  /** Name of the output that is added. */
  readonly name: string;
  /** How many outputs it has: classes, or numbers. */
  readonly outputs: number;
  /** The layers. @default {linear()} */
  readonly head?: HeadBuilder;
  /** Name of a node or value whose output are the features. @default {what feeds the classifier} */
  readonly at?: string;
  /** Seed of the initial weights. @default {0} */
  readonly seed?: number;
}

const schema: z.ZodType<AddHeadOptions> = z.strictObject({
  name: z.string().min(1),
  outputs: z.number().int().min(1),
  head: z.custom<HeadBuilder>((value) =>
    typeof value === "object" && value !== null && "hidden" in value
  ).describe("a head, such as linear() or mlp({ hidden: 256 })").optional(),
  at: z.string().min(1).optional(),
  seed: z.number().int().optional(),
}) as z.ZodType<AddHeadOptions>;

/**
 * The model with a second head beside its own, on the same features: a further output `name`
 * `[N, outputs]` for a loss that reads it, such as `joint`'s. `fit`, `evaluate` and `predict` take the
 * first output as before. Its weights are trainable, are called `head.NAME.…`, and go with
 * `removeHead`.
 *
 * Throws `RangeError` where the name is taken, or no classifier is found; say `at` then.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addHead, loadBackbone, replaceHead } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const target = replaceHead(backbone, { classes: ["ant", "bee"] });
 * const both = addHead(target, { name: "source", outputs: 10 });
 * assertEquals(both.outputs.map(({ name }) => name), ["logits", "source"]);
 * ```
 */
export function addHead(model: Model, options: AddHeadOptions): Model {
  const { name, outputs, head = linear(), at, seed = 0 } = checkOptions("addHead", schema, options);
  const graph = model.graph.clone();
  if (graph.values.has(name)) {
    throw new RangeError(
      `addHead(): option "name": the model has a value "${name}" already; give another name`,
    );
  }
  const { value, inFeatures } = featuresFor(graph, head, at);
  const stem = `head.${name}`;
  const output = addLayers(graph, value, head, { inFeatures, outputs, seed, name, stem });
  output.type = "float32";
  output.shape = [value.shape?.[0] ?? graph.inputs[0]?.shape?.[0] ?? "batch", outputs];
  graph.outputs.push(output);
  return remodel(model, graph);
}

/**
 * The model without an output that `addHead` added, and without what only that one needs. Throws
 * `RangeError` where there is none of that name, or it is the model's only one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addHead, loadBackbone, removeHead } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const both = addHead(model, { name: "other", outputs: 3 });
 * assertEquals([...removeHead(both, "other").parameters.keys()], [...model.parameters.keys()]);
 * ```
 */
export function removeHead(model: Model, name: string): Model {
  const graph = model.graph.clone();
  const position = graph.outputs.findIndex((value) => value.name === name);
  if (position < 0 || graph.outputs.length === 1) {
    const names = graph.outputs.map((value) => `"${value.name}"`).join(", ");
    throw new RangeError(
      `removeHead(): "${name}" is not one of several outputs; there are ${names}`,
    );
  }
  graph.outputs.splice(position, 1);
  graph.prune();
  return remodel(model, graph);
}
