import { z } from "zod";
import { checkOptions } from "../tensor/options.ts";
import { ints } from "./attribute.ts";
import { channelsOf, columnsOf } from "./channels.ts";
import { findHead } from "./find_head.ts";
import type { Dim, Graph, Value } from "./graph.ts";
import { addHead, type HeadBuilder, linear } from "./heads.ts";
import type { Model } from "./model.ts";
import { remodel } from "./model_from_graph.ts";
import { valueNamed } from "./select.ts";

/** Options of `replaceHead`: `classes` for a classifier, `outputs` for regression. */
export interface ReplaceHeadOptions {
  /** Labels of the classes, or how many there are. */
  readonly classes?: readonly string[] | number;
  /** How many numbers to predict. */
  readonly outputs?: number;
  /** What the outputs are. @default {"classification"} */
  readonly task?: "classification" | "regression";
  /** The layers. @default {linear()} */
  readonly head?: HeadBuilder;
  /** Name of a node or value whose output are the features. @default {what feeds the classifier} */
  readonly at?: string;
  /** Seed of the initial weights. @default {0} */
  readonly seed?: number;
}

const count = z.number().int().min(1);
const schema: z.ZodType<ReplaceHeadOptions> = z.strictObject({
  classes: z.union([z.array(z.string()).min(2), z.number().int().min(2)])
    .describe("a list of at least 2 labels, or a number of classes from 2 on").optional(),
  outputs: count.optional(),
  task: z.enum(["classification", "regression"]).optional(),
  head: z.custom<HeadBuilder>((value) =>
    typeof value === "object" && value !== null && "hidden" in value
  ).describe("a head, such as linear() or mlp({ hidden: 256 })").optional(),
  at: z.string().min(1).optional(),
  seed: z.number().int().optional(),
}) as z.ZodType<ReplaceHeadOptions>;

/**
 * The model with a new head in the place of its classifier, which is found in all common shapes; a
 * final Softmax or LogSoftmax goes with it. The new weights are trainable and start as PyTorch's
 * `nn.Linear` does. The output is `logits` `[N, classes]`, or `output` `[N, outputs]` for regression.
 *
 * Throws `RangeError` where no classifier is found; say `at` then.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { freeze, loadBackbone, replaceHead } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const model = replaceHead(freeze(backbone, "all"), { classes: ["ant", "bee"] });
 * assertEquals(model.outputs[0]!.shape, ["batch", 2]);
 * assertEquals(model.classes, ["ant", "bee"]);
 * ```
 */
export function replaceHead(model: Model, options: ReplaceHeadOptions): Model {
  const { classes, outputs, task, head = linear(), at, seed = 0 } = checkOptions(
    "replaceHead",
    schema,
    options,
  );
  const labels = typeof classes === "object" ? classes : undefined;
  const size = outputs ?? labels?.length ?? classes as number | undefined;
  if (size === undefined) {
    throw new TypeError('replaceHead(): say "classes" (labels or a number) or "outputs"');
  }
  const graph = model.graph.clone();
  const { value, inFeatures } = pooled(graph, at);
  graph.outputs.length = 0;
  for (const old of graph.constants()) if (old.name.startsWith("head.")) release(graph, old);
  const name = task === "regression" || outputs !== undefined && !classes ? "output" : "logits";
  const output = addHead(graph, freeName(graph, name, value), head, {
    inFeatures,
    outputs: size,
    seed,
    name,
  });
  output.type = "float32";
  output.shape = [value.shape?.[0] ?? graph.inputs[0]?.shape?.[0] ?? "batch", size];
  graph.outputs.push(output);
  graph.prune();
  return remodel(model, graph, {
    classes: labels,
    trainable: (one) => one.startsWith("head.") || (model.parameters.get(one)?.trainable ?? true),
  });
}

/** The features `[N, D]` that a head reads, pooled where they still have positions. */
export function pooled(graph: Graph, at?: string): { value: Value; inFeatures: number } {
  const batch: Dim = graph.inputs[0]?.shape?.[0] ?? "batch";
  if (at !== undefined) return poolNamed(graph, valueNamed(graph, at), batch);
  const old = deepestHead(graph);
  // One that scores every token reads features `[N, T, D]`.
  const rank = old?.kind === "linear" && (old.features.shape ?? old.logits.shape)?.length || 2;
  if (!old || rank !== 2) {
    const last = graph.outputs[0]!;
    if (!old && last.shape?.length === 2 && typeof last.shape[1] === "number") {
      return { value: last, inFeatures: last.shape[1] };
    }
    throw new RangeError(
      `No classifier was found at the end of the model (its last operator is ${
        last.producer ?? "missing"
      }). Say where the features are: replaceHead(model, { at: "name of a node or value", … })`,
    );
  }
  if (old.kind === "linear") return { value: old.features, inFeatures: old.inFeatures };
  return { value: flatPool(graph, old.features, batch), inFeatures: old.inFeatures };
}

/** The head, or the first layer of a head that Graft made of several. */
function deepestHead(graph: Graph) {
  const head = findHead(graph);
  const first = graph.values.get("head.0.weight");
  const node = first && [...first.consumers][0];
  if (!head || !node) return head;
  return { ...head, features: node.inputs[0]!, inFeatures: first.constant!.dims[1]! };
}

function poolNamed(graph: Graph, value: Value, batch: Dim) {
  const { shape } = value;
  if (!shape) {
    const columns = columnsOf(value);
    if (columns !== undefined) return { value, inFeatures: columns };
    const channels = channelsOf(value);
    if (channels === undefined) throw unknownSize(value);
    return { value: flatPool(graph, value, batch), inFeatures: channels };
  }
  const size = shape.length === 3 ? shape[2] : shape[1];
  if (typeof size !== "number") throw unknownSize(value);
  if (shape.length === 2) return { value, inFeatures: size };
  if (shape.length === 3) {
    // Opset 18 made the axes an input; a pool over the tokens means the same in every version.
    const turned = graph.add("Transpose", [value], { attributes: { perm: ints([0, 2, 1]) } });
    return { value: flatPool(graph, turned.outputs[0]!, batch), inFeatures: size };
  }
  return { value: flatPool(graph, value, batch), inFeatures: size };
}

function unknownSize(value: Value): RangeError {
  return new RangeError(
    `The number of features of "${value.name}" is not known (shape [${value.shape ?? "unknown"}])`,
  );
}

function flatPool(graph: Graph, value: Value, batch: Dim): Value {
  const pool = graph.add("GlobalAveragePool", [value], { name: "pool" });
  const flat = graph.add("Flatten", [pool.outputs[0]!], { name: "flatten" }).outputs[0]!;
  flat.type = value.type;
  flat.shape = [batch, "channels"];
  return flat;
}

/** Gives an old weight another name, so that the new head may have it; it is pruned later. */
function release(graph: Graph, value: Value): void {
  const other = graph.addConstant(graph.fresh("old_head"), value.constant!);
  graph.replaceUses(value, other);
  graph.removeSource(value);
}

/**
 * Gives what is called `name` another name, so that the new output may have it; gives `features`,
 * or what stands for it where it was called so.
 */
function freeName(graph: Graph, name: string, features: Value): Value {
  const value = graph.values.get(name);
  const node = value?.producer;
  if (!value || !node) return features;
  const position = node.outputs.indexOf(value);
  const outputs = node.outputs.map((_, i) => i === position ? graph.fresh(name) : "");
  const copy = graph.add(node.opType, node.inputs, {
    outputs,
    attributes: Object.fromEntries(node.attributes),
    domain: node.domain,
    name: node.name,
    captures: node.captures,
  });
  const renamed = copy.outputs[position]!;
  renamed.type = value.type;
  renamed.shape = value.shape;
  graph.replaceUses(value, renamed);
  graph.remove(node);
  return value === features ? renamed : features;
}
