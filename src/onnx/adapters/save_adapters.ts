import { join } from "@std/path";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Model } from "../model.ts";
import { replaceFile } from "../replace_file.ts";
import { baseFingerprint, runningStatisticsOf } from "./fingerprint.ts";
import { adapterNames, type AdapterRecord, adaptersOf, moduleOf } from "./records.ts";
import { encodeSafetensors } from "./safetensors.ts";

/** What PEFT puts before every name. */
export const PREFIX = "base_model.model.";
/** The files of a folder that PEFT reads. */
export const FILES = { weights: "adapter_model.safetensors", config: "adapter_config.json" };
/** Keys of the file's metadata. */
export const KEYS = {
  adapters: "graft.adapters",
  base: "graft.base",
  baseName: "graft.base_name",
  classes: "graft.classes",
};

/**
 * Writes what was trained beside a base, and nothing of the base: the weights of its adapters and all
 * other trainable parameters, such as the head's or `bitFit`'s biases. The file is a safetensors file
 * with the names of Hugging Face's PEFT and a fingerprint of the base. A path without the ending
 * `.safetensors` is a folder: it gets `adapter_model.safetensors` and PEFT's `adapter_config.json`.
 *
 * Requires `--allow-write`. Throws `RangeError` where the model has nothing of that kind, and an error
 * that names the path where it cannot be written.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { loadAdapters, loadBackbone, lora, saveAdapters } from "@graft/graft";
 *
 * const backbone = await loadBackbone("digit_cnn", { weights: "random" });
 * const file = await Deno.makeTempFile({ suffix: ".safetensors" });
 * await saveAdapters(lora(backbone, { rank: 2 }), file);
 * const again = await loadAdapters(backbone, file);
 * assertEquals(again.parameters.get("fc1.lora_A.weight")!.shape, [2, 9216]);
 * await Deno.remove(file);
 * ```
 */
export async function saveAdapters(model: Model, path: string): Promise<void> {
  const records = adaptersOf(model);
  const own = new Map(partsOf(model, records));
  if (own.size === 0) {
    throw new RangeError(
      `saveAdapters(): "${model.name}" has no adapters and no trainable parameters; make some with ` +
        "lora or bitFit, or save all of it with saveModel",
    );
  }
  const metadata = new Map([
    ["format", "pt"],
    [KEYS.adapters, JSON.stringify(records)],
    [KEYS.base, await baseFingerprint(model, new Set(own.keys()))],
    [KEYS.baseName, model.name],
  ]);
  if (model.classes) metadata.set(KEYS.classes, JSON.stringify(model.classes));
  const tensors = new Map([...own].map(([name, value]) => [PREFIX + name, value]));
  const pieces = encodeSafetensors({ tensors, metadata });
  if (path.endsWith(".safetensors")) return await replaceFile(path, pieces);
  await Deno.mkdir(path, { recursive: true });
  await replaceFile(join(path, FILES.weights), pieces);
  const config = JSON.stringify(peftConfig(model, records, [...own.keys()]), null, 2);
  await replaceFile(join(path, FILES.config), [new TextEncoder().encode(config)]);
}

/** Adapters, trainable parameters, and the running statistics that training changed with them. */
function partsOf(model: Model, records: readonly AdapterRecord[]): [string, Tensor<"float32">][] {
  const adapters = records.flatMap(({ weight }) => {
    const { a, b } = adapterNames(weight);
    return [a, b];
  });
  const trained = [...model.parameters.values()].filter(({ trainable }) => trainable);
  const names = new Set([...adapters, ...trained.map(({ name }) => name)]);
  for (const node of model.graph.nodes) {
    if (!node.inputs.slice(1, 3).some((value) => value && names.has(value.name))) continue;
    for (const { name } of runningStatisticsOf(node)) names.add(name);
  }
  return [...names].map((name) => {
    const value = model.graph.value(name).constant!;
    if (value.type === "float32") return [name, value as Tensor<"float32">];
    throw new TypeError(`saveAdapters(): parameter "${name}" is ${value.type}, not float32`);
  });
}

function peftConfig(
  model: Model,
  records: readonly AdapterRecord[],
  names: readonly string[],
): object {
  const [first] = records;
  const modules = records.map(({ weight }) => moduleOf(weight));
  const others = names.filter((name) => !/\.lora_[AB]\.weight$/.test(name));
  const differing = (key: "rank" | "alpha") =>
    Object.fromEntries(
      records.filter((one) => one[key] !== first![key])
        .map((one) => [moduleOf(one.weight), one[key]]),
    );
  return {
    peft_type: "LORA",
    task_type: null,
    base_model_name_or_path: model.name,
    r: first?.rank ?? 0,
    lora_alpha: first?.alpha ?? 0,
    lora_dropout: first?.dropout ?? 0,
    rank_pattern: differing("rank"),
    alpha_pattern: differing("alpha"),
    target_modules: modules,
    modules_to_save: [...new Set(others.map((name) => name.replace(/\.[^.]*$/, "")))],
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    use_rslora: false,
  };
}
