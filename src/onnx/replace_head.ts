import { z } from "zod";
import { checkOptions } from "../tensor/options.ts";
import type { Graph, Value } from "./graph.ts";
import { featuresFor } from "./head_features.ts";
import { addHead } from "./heads/add_head.ts";
import type { HeadBuilder } from "./heads/head.ts";
import { linear } from "./heads/layers.ts";
import type { Model } from "./model.ts";
import { remodel } from "./model_from_graph.ts";
import { type Task, TASKS, withHeadFacts } from "./task.ts";

/** Options of `replaceHead`: `classes` for a classifier, `outputs` for regression. */
export interface ReplaceHeadOptions {
  /** Labels of the classes, or how many there are. */
  readonly classes?: readonly string[] | number;
  /** How many numbers to predict. */
  readonly outputs?: number;
  /**
   * What the outputs are: the logits of one class of several, those of any number of classes that may
   * hold at once, numbers, or places in a space.
   * @default {what the head says, else "regression" where only outputs are given, else "classification"}
   */
  readonly task?: Task;
  /** The layers. @default {linear()} */
  readonly head?: HeadBuilder;
  /** Name of a node or value whose output are the features. @default {what feeds the classifier} */
  readonly at?: string;
  /** Seed of the initial weights. @default {0} */
  readonly seed?: number;
}

const count = z.number().int().min(1);
const schema: z.ZodType<ReplaceHeadOptions> = z.strictObject({
  classes: z.union([z.array(z.string()).min(1), count])
    .describe("a list of labels, or a number of classes").optional(),
  outputs: count.optional(),
  task: z.enum(TASKS).optional(),
  head: z.custom<HeadBuilder>((value) =>
    typeof value === "object" && value !== null && "hidden" in value
  ).describe("a head, such as linear() or mlp({ hidden: 256 })").optional(),
  at: z.string().min(1).optional(),
  seed: z.number().int().optional(),
}) as z.ZodType<ReplaceHeadOptions>;

/** Names of the output, by task. */
const OUTPUT_NAMES: Readonly<Record<Task, string>> = {
  classification: "logits",
  multiLabel: "logits",
  regression: "output",
  embedding: "embedding",
};

/**
 * The model with a new head in the place of its classifier, which is found in all common shapes; a
 * final Softmax or LogSoftmax goes with it. The new weights are trainable and start as PyTorch's
 * `nn.Linear` does. The output is `logits` `[N, classes]`, `output` `[N, outputs]` for regression, or
 * `embedding` `[N, size]`. The task travels in saved files (`taskOf`); `fit`, `evaluate` and `predict`
 * go by it.
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
  const { classes, head = linear(), at, seed = 0, ...rest } = checkOptions(
    "replaceHead",
    schema,
    options,
  );
  const outputs = rest.outputs ?? head.size;
  const task = rest.task ?? head.task ??
    (outputs !== undefined && classes === undefined ? "regression" : "classification");
  const labels = typeof classes === "object" ? classes : undefined;
  const size = sizeOfHead(task, outputs, labels?.length ?? classes as number | undefined);
  const graph = model.graph.clone();
  const { value, inFeatures } = featuresFor(graph, head, at);
  graph.outputs.length = 0;
  for (const old of graph.constants()) if (old.name.startsWith("head.")) release(graph, old);
  const name = OUTPUT_NAMES[task];
  const features = freeName(graph, name, value);
  const output = addHead(graph, features, head, { inFeatures, outputs: size, seed, name });
  output.type = "float32";
  output.shape = [value.shape?.[0] ?? graph.inputs[0]?.shape?.[0] ?? "batch", size];
  graph.outputs.push(output);
  graph.prune();
  return remodel(model, graph, {
    classes: labels,
    metadata: withHeadFacts(model.metadata, { task, cosineScale: head.cosineScale }),
    trainable: (one) => one.startsWith("head.") || (model.parameters.get(one)?.trainable ?? true),
  });
}

/** How many outputs a head has. Throws where the options do not say, or say what the task cannot be. */
function sizeOfHead(task: Task, outputs: number | undefined, classes: number | undefined): number {
  const size = outputs ?? classes;
  if (size === undefined) {
    throw new TypeError('replaceHead(): say "classes" (labels or a number) or "outputs"');
  }
  if (task === "classification" && classes !== undefined && classes < 2) {
    throw new RangeError(
      `replaceHead(): option "classes" must be at least 2 for one class of several, found ${classes}; ` +
        'for a yes or no take task "multiLabel"',
    );
  }
  if (outputs === undefined || classes === undefined || outputs === classes) return size;
  throw new RangeError(
    `replaceHead(): option "outputs" is ${outputs}, and there are ${classes} classes; give one of them`,
  );
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
