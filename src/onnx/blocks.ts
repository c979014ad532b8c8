import type { Model, Parameter } from "./model.ts";

/** Layers of a network that belong together. */
export interface Block {
  /** What their names have in common, or the name of the first. */
  readonly name: string;
  /** Names of their parameters, in the order in which the network uses them. */
  readonly parameters: readonly string[];
}

/**
 * The blocks of a network from its input to its output: what layer-wise learning rates go by. Weights
 * under one numbered path (`layer4.1.`, `blocks.3.`, `features.12.`) are a block; so is what comes
 * before the first, and every layer that has a path of its own. Weights without a telling name,
 * as exporters make them, go with those used next. Normalisations between blocks go with the block
 * before; the classifier is the last block.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { blocks, loadBackbone } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * assertEquals(blocks(model).map((block) => block.name), ["conv1", "conv2", "fc1", "head"]);
 * assertEquals(blocks(model)[0]!.parameters, ["conv1.weight", "conv1.bias"]);
 * ```
 */
export function blocks(model: Pick<Model, "parameters">): Block[] {
  const parameters = [...model.parameters.values()];
  const keys = keysOf(parameters);
  const found = new Map<string, string[]>();
  parameters.forEach((parameter, index) => {
    const key = keys[index]!;
    found.set(key, [...found.get(key) ?? [], parameter.name]);
  });
  const head = found.get(HEAD);
  found.delete(HEAD);
  const merged: { name: string; parameters: string[] }[] = [];
  for (const [name, names] of found) {
    const isVector = names.every((one) => model.parameters.get(one)!.shape.length < 2);
    if (isVector && merged.length > 0) merged.at(-1)!.parameters.push(...names);
    else merged.push({ name, parameters: names });
  }
  return head ? [...merged, { name: HEAD, parameters: head }] : merged;
}

const HEAD = "head";
const STEM = "stem";

/** The block that each parameter belongs to, by name. */
function keysOf(parameters: readonly Parameter[]): string[] {
  const paths = parameters.map(({ name }) => pathOf(name));
  const firstNumbered = paths.findIndex((path) => path && numberedPart(path) !== undefined);
  const keys = parameters.map(({ head }, index) => {
    const path = paths[index];
    if (head) return HEAD;
    if (!path) return undefined;
    return numberedPart(path) ?? (index < firstNumbered ? STEM : path.join("."));
  });
  for (let index = keys.length - 2; index >= 0; index--) keys[index] ??= keys[index + 1];
  let before = parameters[0]?.name ?? "";
  return keys.map((key, index) => before = key ?? (index === 0 ? before : parameters[index]!.name));
}

/** The modules that a parameter lies in; `undefined` where its name is an exporter's own. */
function pathOf(name: string): string[] | undefined {
  const parts = name.split(/[./]/).filter((part) => part !== "");
  if (name.includes("::") || parts.length < 2 || name.startsWith("/")) return undefined;
  return parts.slice(0, -1);
}

/** The path up to its first number, and the numbers of layers inside layers after it. */
function numberedPart(path: readonly string[]): string | undefined {
  let end = path.findIndex((part) => /\d/.test(part));
  if (end < 0) return undefined;
  for (end++; end < path.length; end++) {
    if (/^\d+$/.test(path[end]!) || /(block|layer|stage)s?_?\d+$/i.test(path[end]!)) continue;
    const isList = /^(block|layer|stage)s?$/i.test(path[end]!) && /^\d+$/.test(path[end + 1] ?? "");
    if (!isList) break;
  }
  return path.slice(0, end).join(".");
}
