import type { Model } from "./model.ts";

/** What the outputs of a model are: one class of several, any number of classes, numbers, or a place in space. */
export type Task = "classification" | "multiLabel" | "regression" | "embedding";

/** Every task. */
export const TASKS = [
  "classification",
  "multiLabel",
  "regression",
  "embedding",
] as const satisfies readonly Task[];

/** Key of the task in a file's metadata. */
const TASK = "graft.task";
/** Key of the factor of a cosine head. */
const COSINE_SCALE = "graft.cosineScale";

/**
 * What the outputs of a model are, as its head says (`replaceHead`); it is kept in saved files. A model
 * that says nothing is taken for a classifier.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { loadBackbone, replaceHead, taskOf } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * assertEquals(taskOf(backbone), "classification");
 * assertEquals(taskOf(replaceHead(backbone, { outputs: 2 })), "regression");
 * ```
 */
export function taskOf(model: Pick<Model, "metadata">): Task {
  return statedTask(model) ?? "classification";
}

/** The task that a model states. */
export function statedTask({ metadata }: Pick<Model, "metadata">): Task | undefined {
  const said = metadata.get(TASK);
  return TASKS.find((task) => task === said);
}

/** The factor of the cosines that a model's head gives, where it gives those. */
export function cosineScaleOf(metadata: ReadonlyMap<string, string>): number | undefined {
  const said = metadata.get(COSINE_SCALE);
  return said === undefined ? undefined : Number(said);
}

/** Metadata that says what a head is. */
export function withHeadFacts(
  metadata: ReadonlyMap<string, string>,
  { task, cosineScale }: { readonly task: Task; readonly cosineScale: number | undefined },
): Map<string, string> {
  const written = new Map(metadata).set(TASK, task);
  written.delete(COSINE_SCALE);
  if (cosineScale !== undefined) written.set(COSINE_SCALE, `${cosineScale}`);
  return written;
}
