import { lossKey } from "../../artifacts/losses/by_name.ts";
import type { Model } from "../../onnx/model.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import { show } from "../../tensor/options.ts";
import { rng } from "../../tensor/rng.ts";
import { sha256 } from "../../tensor/sha256.ts";
import type { FitSettings } from "../fit_options.ts";

/** What must be the same for a run to go on, by name. */
export type RunKey = Readonly<Record<string, unknown>>;

/** Options that change nothing of what a step does, or that a resumed run may be given anew. */
const FREE: ReadonlySet<string> = new Set<keyof FitSettings>([
  "epochs",
  "validation",
  "checkpoint",
  "callbacks",
  "schedule",
  "device",
  "deviceOptions",
  "cacheBytes",
  "cacheFolder",
  "signal",
  "verbose",
  "dryRun",
  // The loss has it.
  "stayNear",
]);

/** What a run is about. */
export interface RunSubject {
  readonly settings: FitSettings;
  /** The model as it was given. */
  readonly model: Model;
  /** The training data as they were given. */
  readonly dataset: Dataset;
  /** The optimizers and rates of the parameters. */
  readonly updates: readonly unknown[];
}

/** The key of a run: its options, its data and what its model is. */
export async function runKey(
  { settings, model, dataset, updates }: RunSubject,
): Promise<RunKey> {
  const options = Object.entries(settings)
    .filter(([name, value]) => !FREE.has(name) && value !== undefined)
    .map(([name, value]) => [name, keyOf(name, value)] as const);
  const content = await dataset.fingerprint?.();
  const trained = [...model.parameters.values()].filter((parameter) => parameter.trainable);
  const key = {
    ...Object.fromEntries(options),
    updates,
    examples: dataset.length,
    ...(content !== undefined && { data: (await sha256(content)).slice(0, 16) }),
    preprocessing: model.preprocessing ?? null,
    parameters: Object.fromEntries(trained.map(({ name, shape }) => [name, shape])),
    network: (await networkText(model)).slice(0, 16),
  };
  // As a checkpoint gives it back.
  return JSON.parse(JSON.stringify(key));
}

function keyOf(name: string, value: unknown): unknown {
  if (name === "augment") return drawn(value as FitSettings["augment"]);
  return name === "loss" ? lossKey(value as FitSettings["loss"]) : plain(value);
}

/** What differs between the key of a checkpoint and that of a run, in words; empty where nothing does. */
export function keyDifferences(kept: RunKey, now: RunKey): string[] {
  const names = new Set([...Object.keys(kept), ...Object.keys(now)]);
  return [...names].filter((name) => !same(kept[name], now[name])).map((name) => {
    const [before, after] = [kept[name], now[name]];
    if (name === "data" || name === "network") {
      const what = name === "data" ? "the content of the training data" : "the frozen network";
      return `${what} (fingerprint ${before ?? "none"} then, ${after ?? "none"} now)`;
    }
    if (isRecord(before) && isRecord(after)) return recordText(name, before, after);
    return `"${name}" (${text(before)} then, ${text(after)} now)`;
  });
}

/** The entries of two records that differ, at most three. */
function recordText(name: string, before: RunKey, after: RunKey): string {
  const all = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((part) => !same(before[part], after[part]));
  const some = all.slice(0, 3).map((part) =>
    `${part} ${text(before[part])} then, ${text(after[part])} now`
  );
  const more = all.length > 3 ? ` and ${all.length - 3} more` : "";
  return `"${name}" (${some.join("; ")}${more})`;
}

function text(value: unknown): string {
  return value === undefined ? "none" : show(value);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isRecord(value: unknown): value is RunKey {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Functions cannot be compared; that there is one can. */
function plain(value: unknown): unknown {
  if (typeof value === "function") return "a function";
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array, String);
  if (Array.isArray(value)) return value.map(plain);
  if (!isRecord(value)) return typeof value === "bigint" ? `${value}` : value;
  if (value instanceof Map || value instanceof Set) return plain([...value]);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

/** Random changes of pictures are told apart by what they draw. */
function drawn(augment: FitSettings["augment"]): unknown {
  if (typeof augment === "string") return augment;
  return augment.map((transform) => ({
    name: transform.name,
    ...(transform.settings !== undefined && { settings: plain(transform.settings) }),
    draws: [0, 1].map((draw) => plain(transform.sample(rng("augment", draw), 640, 480))),
  }));
}

/**
 * The operators of a network and the weights that stay as they are. Running statistics of batch
 * normalisation are left out: training may change them.
 */
async function networkText(model: Model): Promise<string> {
  const { graph } = model;
  const changing = new Set<string>();
  const lines = graph.sorted().map((node) => {
    if (node.opType === "BatchNormalization") {
      for (const value of node.inputs.slice(3, 5)) if (value) changing.add(value.name);
    }
    const names = (values: readonly ({ name: string } | undefined)[]) =>
      values.map((value) => value?.name ?? "").join();
    return `${node.domain}.${node.opType}(${names(node.inputs)})->${names(node.outputs)}`;
  });
  for (const { name, constant } of graph.constants()) {
    if (model.parameters.get(name)?.trainable || changing.has(name)) continue;
    const { buffer, byteOffset, byteLength } = constant!.data;
    lines.push(`${name} ${await sha256(new Uint8Array(buffer, byteOffset, byteLength))}`);
  }
  return await sha256(lines.join("\n"));
}
