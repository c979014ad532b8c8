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
 * before the first, and every layer that has a path of its own. Weights that an
 * exporter has renamed go by the node that reads them, else with those around them. Normalisations
 * between blocks go with the block before; the classifier is the last block.
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

/** Unnamed weights beside each other that still belong to the layers around them. */
const MAX_UNNAMED = 4;

/** The block that each parameter belongs to, by name. */
function keysOf(parameters: readonly Parameter[]): string[] {
  const paths = parameters.map(pathOf);
  const firstNumbered = paths.findIndex((path) => path && numberedPart(path) !== undefined);
  const keys = parameters.map(({ head }, index) => {
    const path = paths[index];
    if (head) return HEAD;
    return path && (numberedPart(path) ?? (index < firstNumbered ? STEM : path.join(".")));
  });
  return parameters.map(({ name }, index) => {
    const unnamed = (from: number, way: 1 | -1) => {
      let at = from;
      while (at in keys && keys[at] === undefined) at += way;
      return at;
    };
    const [next, before] = [unnamed(index, 1), unnamed(index, -1)];
    if (next - before - 1 > MAX_UNNAMED) return name;
    const around = [keys[next], keys[before]].filter((key) => key !== undefined);
    return keys[index] ?? around.find((key) => key !== HEAD) ?? name;
  });
}

/**
 * The modules that a parameter lies in, by its name or else by that of the node that reads it, such as
 * `/layer1/layer1.0/conv1/Conv`; `undefined` where neither tells.
 */
function pathOf({ name, node }: Parameter): string[] | undefined {
  const isTelling = !name.includes("::") && !name.startsWith("/");
  const parts = isTelling ? name.split(/[./]/).filter((part) => part !== "") : [];
  if (parts.length > 1) return parts.slice(0, -1);
  const scopes = node.split("/").filter((scope) => scope !== "");
  const own = scopes.filter((scope, at) => !scopes[at + 1]?.startsWith(`${scope}.`));
  return own.length > 1 ? own.slice(0, -1).flatMap((scope) => scope.split(".")) : undefined;
}

/** The path up to its first number, and the numbers of layers inside layers after it. */
function numberedPart(path: readonly string[]): string | undefined {
  let end = path.findIndex((part) => /\d/.test(part));
  if (end < 0) return undefined;
  for (end++; end < path.length; end++) {
    if (/^\d+$/.test(path[end]!) || /(block|layer|stage)s?_?\d+$/i.test(path[end]!)) continue;
    const isList = /^(blocks|layers|stages)$/.test(path[end]!) && /^\d+$/.test(path[end + 1] ?? "");
    if (!isList) break;
  }
  return path.slice(0, end).join(".");
}
