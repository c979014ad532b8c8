import { z } from "zod";
import { checkOptions } from "../../tensor/options.ts";
import { sameShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Model } from "../model.ts";
import { remodel } from "../model_from_graph.ts";
import { type PeftConfig, readAdapterFile } from "./adapter_file.ts";
import { attachAdapter } from "./attach.ts";
import { baseFingerprint } from "./fingerprint.ts";
import { type AdaptableLayer, adaptableLayers } from "./layers.ts";
import { type AdapterRecord, adaptersOf, withAdapterRecords } from "./records.ts";
import { KEYS, PREFIX } from "./save_adapters.ts";

/** Options of `loadAdapters`. */
export interface LoadAdaptersOptions {
  /** Whether the base must be the one that the adapters were trained beside. @default {true} */
  readonly checkBase?: boolean;
}

const schema: z.ZodType<LoadAdaptersOptions> = z.strictObject({
  checkBase: z.boolean().optional(),
}) as z.ZodType<LoadAdaptersOptions>;

/**
 * A base with the adapters of a file that `saveAdapters` wrote, or of a folder that Hugging Face's
 * PEFT wrote for a network with the same names; a head in the file takes the place of the base's
 * values, so the base must have one of that shape. What the file holds is trainable, the rest frozen.
 *
 * Throws `RangeError` where the base is another one than the adapters were trained beside, or lacks a
 * weight of theirs; `SyntaxError` where the file is damaged.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { loadAdapters, loadBackbone, lora, saveAdapters } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const folder = await Deno.makeTempDir();
 * await saveAdapters(lora(backbone), folder);
 * const trained = await loadAdapters(backbone, folder);
 * assertEquals(trained.parameters.get("conv1.weight")!.trainable, false);
 * const other = await loadBackbone("digit_cnn", { weights: "random", seed: 1 });
 * await assertRejects(() => loadAdapters(other, folder), RangeError, "another base");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function loadAdapters(
  base: Model,
  path: string,
  options: LoadAdaptersOptions = {},
): Promise<Model> {
  const { checkBase = true } = checkOptions("loadAdapters", schema, options);
  if (adaptersOf(base).length > 0) {
    throw new RangeError(
      `loadAdapters(): "${base.name}" has adapters already; give the base, or merge them first`,
    );
  }
  const { tensors, metadata, config } = await readAdapterFile(path);
  const own = new Map([...tensors].map(([name, value]) => [withoutPrefix(name), value]));
  const adapters = [...own.keys()].filter((name) => /\.lora_A\.weight$/.test(name));
  const others = [...own].filter(([name]) => !/\.lora_[AB]\.weight$/.test(name));
  for (const [name, value] of others) checkOther(base, name, value, path);
  const expected = metadata.get(KEYS.base);
  if (checkBase && expected !== undefined) {
    await checkFingerprint(base, { expected, path, name: metadata.get(KEYS.baseName) }, own);
  }
  const graph = base.graph.clone();
  const layers = adaptableLayers(graph);
  const known = recordsOf(metadata.get(KEYS.adapters));
  const records = adapters.map((name) => {
    const module = name.slice(0, -".lora_A.weight".length);
    const layer = layers.get(`${module}.weight`) ?? layers.get(module);
    const [a, b] = [own.get(name)!, own.get(`${module}.lora_B.weight`)];
    checkAdapter(path, module, layer, [a, b]);
    const said = known.get(layer!.weight.name) ?? fromConfig(config, module, a.dims[0]!, path);
    return attachAdapter(graph, layer!, { a, b: b!, alpha: said.alpha, dropout: said.dropout });
  });
  for (const [name, value] of others) graph.value(name).constant = value;
  return remodel(base, graph, {
    classes: classesOf(metadata.get(KEYS.classes)) ?? base.classes,
    metadata: withAdapterRecords(base.metadata, records),
    trainable: (name) => own.has(name),
  });
}

async function checkFingerprint(
  base: Model,
  { expected, path, name }: { expected: string; path: string; name: string | undefined },
  own: ReadonlyMap<string, Tensor>,
): Promise<void> {
  if (await baseFingerprint(base, new Set(own.keys())) === expected) return;
  throw new RangeError(
    `loadAdapters(): ${path} was trained beside another base ("${name ?? "unknown"}") than ` +
      `"${base.name}": their weights differ. Load that one, or say { checkBase: false }`,
  );
}

function withoutPrefix(name: string): string {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}

function checkOther(base: Model, name: string, { dims }: Tensor, path: string): void {
  const own = base.graph.values.get(name)?.constant;
  if (own?.type === "float32" && sameShape(own.dims, dims)) return;
  throw new RangeError(
    `loadAdapters(): ${path} holds "${name}" [${dims}], ` +
      (own ? `the model has it as ${own.type}[${own.dims}]` : "which the model does not have") +
      (/^head\b/.test(name)
        ? `. Give it that head first: replaceHead(base, { classes: ${dims[0]} })`
        : ""),
  );
}

function checkAdapter(
  path: string,
  module: string,
  layer: AdaptableLayer | undefined,
  [a, b]: readonly [Tensor, Tensor | undefined],
): void {
  const fail = (why: string): never => {
    throw new RangeError(`loadAdapters(): the adapter of "${module}" in ${path} ${why}`);
  };
  if (!layer) fail("fits no layer: the model has no matrix product or convolution of that name");
  const { patch, out, groups } = layer!;
  const rank = a.dims[0]!;
  const expected = [out, rank / groups, ...patch.slice(1).map(() => 1)];
  if (!b) fail("has no B");
  if (!sameShape(a.dims, [rank, ...patch]) || !sameShape(b!.dims, expected)) {
    fail(
      `has A [${a.dims}] and B [${b!.dims}]; the layer needs [${rank},${patch}] and [${expected}]`,
    );
  }
}

function recordsOf(text: string | undefined): Map<string, AdapterRecord> {
  if (text === undefined) return new Map();
  return new Map((JSON.parse(text) as AdapterRecord[]).map((one) => [one.weight, one]));
}

function fromConfig(
  config: PeftConfig | undefined,
  module: string,
  rank: number,
  path: string,
): { alpha: number; dropout: number } {
  if (!config) {
    throw new RangeError(
      `loadAdapters(): ${path} does not say the strength of its adapters; give the folder that ` +
        "holds adapter_config.json beside it",
    );
  }
  const { lora_alpha, alpha_pattern, use_rslora, lora_dropout } = config;
  const alpha = alpha_pattern?.[module] ?? lora_alpha;
  return { alpha: use_rslora ? alpha * Math.sqrt(rank) : alpha, dropout: lora_dropout ?? 0 };
}

function classesOf(text: string | undefined): readonly string[] | undefined {
  return text === undefined ? undefined : JSON.parse(text) as string[];
}
