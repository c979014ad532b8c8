import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { bitFit } from "../../../src/onnx/adapters/bit_fit.ts";
import { loadAdapters } from "../../../src/onnx/adapters/load_adapters.ts";
import { lora } from "../../../src/onnx/adapters/lora.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../src/onnx/adapters/safetensors.ts";
import { saveAdapters } from "../../../src/onnx/adapters/save_adapters.ts";
import type { Model } from "../../../src/onnx/model.ts";
import { withWeights } from "../../../src/onnx/model_from_graph.ts";
import { replaceHead } from "../../../src/onnx/replace_head.ts";
import { freeze } from "../../../src/onnx/select.ts";
import { rng } from "../../../src/tensor/rng.ts";
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts";
import { normalised } from "../../train/small_models.ts";
import { encoder } from "./encoder.ts";

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The model with all that is trainable drawn anew, as if it had been trained. */
function stirred(model: Model): Model {
  const random = rng("stirred");
  const weights = [...model.parameters.values()].filter((one) => one.trainable)
    .map(({ name, shape, size }) => {
      const data = Float32Array.from({ length: size }, () => random.normal());
      return [name, tensor("float32", shape, data)] as const;
    });
  return withWeights(model, new Map(weights));
}

const facts = (model: Model) =>
  [...model.parameters.values()].map(({ name, trainable, value }) => [name, trainable, value]);

Deno.test("adapters and the head come back bit for bit beside the same base", async () => {
  await withFolder(async (folder) => {
    const base = replaceHead(encoder(), { classes: ["ant", "bee"] });
    const trained = stirred(
      lora(lora(base, { rank: 2, alpha: 3, targets: /query|value/, dropout: 0.2 }), {
        rank: 4,
        targets: /mlp/,
      }),
    );
    for (const path of [join(folder, "adapters.safetensors"), join(folder, "peft")]) {
      await saveAdapters(trained, path);
      const again = await loadAdapters(base, path);
      assertEquals(facts(again), facts(trained));
      assertEquals(again.classes, ["ant", "bee"]);
      assertEquals(again.metadata.get("graft.adapters"), trained.metadata.get("graft.adapters"));
      assertEquals(
        [...again.graph.nodes].map(({ opType }) => opType),
        [...trained.graph.nodes].map(({ opType }) => opType),
      );
    }
    const { size } = await Deno.stat(join(folder, "adapters.safetensors"));
    assert(size < 4000, `${size} bytes`);
  });
});

Deno.test("a folder holds what PEFT reads: its names, its layout and its configuration", async () => {
  await withFolder(async (folder) => {
    await saveAdapters(lora(encoder(), { rank: 2, alpha: 6 }), folder);
    const config = JSON.parse(await Deno.readTextFile(join(folder, "adapter_config.json")));
    assertEquals([config.peft_type, config.r, config.lora_alpha], ["LORA", 2, 6]);
    assertEquals(config.target_modules.sort(), ["key", "mlp.0", "mlp.1", "out", "query", "value"]);
    assertEquals(config.modules_to_save, ["head"]);
    const { tensors } = decodeSafetensors(
      await Deno.readFile(join(folder, "adapter_model.safetensors")),
    );
    assertEquals(tensors.get("base_model.model.mlp.0.lora_A.weight")!.dims, [2, 8]);
    assertEquals(tensors.get("base_model.model.mlp.0.lora_B.weight")!.dims, [12, 2]);
  });
});

Deno.test("a folder of PEFT's own is read by its configuration, rsLoRA and half floats too", async () => {
  await withFolder(async (folder) => {
    const a = tensor("float32", [4, 8], Array.from({ length: 32 }, (_, i) => i / 8));
    const b = tensor("float32", [8, 4], Array.from({ length: 32 }, (_, i) => -i / 4));
    const tensors = new Map([
      ["base_model.model.query.lora_A.weight", a],
      ["base_model.model.query.lora_B.weight", b],
    ]);
    await Deno.writeFile(
      join(folder, "adapter_model.safetensors"),
      Uint8Array.from(
        encodeSafetensors({ tensors, metadata: new Map([["format", "pt"]]) }).flatMap((
          one,
        ) => [...one]),
      ),
    );
    await assertRejects(() => loadAdapters(encoder(), folder), RangeError, "adapter_config.json");
    const config = { r: 4, lora_alpha: 6, peft_type: "LORA", use_rslora: true };
    await Deno.writeTextFile(join(folder, "adapter_config.json"), JSON.stringify(config));
    const model = await loadAdapters(encoder(), folder);
    assertEquals(model.parameters.get("query.lora_B.weight")!.value, b as Tensor);
    // alpha / √rank
    assertEquals([...model.graph.value("query.lora_scaling").constant!.data as Float32Array], [3]);
  });
});

Deno.test("bitFit()'s biases are saved alone, and running statistics with those of a normalisation", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "biases.safetensors");
    const trained = stirred(bitFit(encoder()));
    await saveAdapters(trained, file);
    assertEquals(facts(await loadAdapters(encoder(), file)), facts(trained));
    const moved = withWeights(
      normalised(),
      new Map([["running_mean", tensor("float32", [3], [1, 2, 3])]]),
    );
    await saveAdapters(moved, file);
    const again = await loadAdapters(normalised(), file);
    assertEquals([...again.graph.value("running_mean").constant!.data as Float32Array], [1, 2, 3]);
  });
});

Deno.test("another base, a missing head, a damaged file are told apart and named", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "adapters.safetensors");
    const base = replaceHead(encoder(), { classes: 2 });
    await saveAdapters(lora(base), file);
    const other = replaceHead(encoder(1), { classes: 2 });
    await assertRejects(() => loadAdapters(other, file), RangeError, "another base");
    assert(
      (await loadAdapters(other, file, { checkBase: false })).parameters.has("key.lora_A.weight"),
    );
    // The head's values are the file's, so those of the base do not matter.
    await loadAdapters(replaceHead(encoder(), { classes: 2, seed: 5 }), file);
    await assertRejects(() => loadAdapters(lora(base), file), RangeError, "has adapters already");
    const three = replaceHead(encoder(), { classes: 3 });
    await assertRejects(
      () => loadAdapters(three, file),
      RangeError,
      "replaceHead(base, { classes: 2 })",
    );
    await assertRejects(
      () => loadAdapters(normalised(), file, { checkBase: false }),
      RangeError,
      "does not have",
    );
    await assertRejects(() => loadAdapters(base, join(folder, "none")), Error, "none");
    const bytes = await Deno.readFile(file);
    for (
      const part of [
        bytes.subarray(0, 5),
        bytes.subarray(0, 900),
        bytes.subarray(0, bytes.length - 4),
      ]
    ) {
      await Deno.writeFile(file, part);
      await assertRejects(() => loadAdapters(base, file), SyntaxError, file);
    }
    await assertRejects(
      () => saveAdapters(freeze(encoder(), "all"), file),
      RangeError,
      "no adapters",
    );
  });
});

Deno.test("decodeSafetensors() reads half floats and refuses other numbers and wrong places", () => {
  const file = (header: object, data: number[]) => {
    const text = new TextEncoder().encode(JSON.stringify(header));
    return Uint8Array.from([
      text.length & 255,
      text.length >> 8,
      0,
      0,
      0,
      0,
      0,
      0,
      ...text,
      ...data,
    ]);
  };
  const one = (dtype: string, data_offsets = [0, 4]) => ({
    t: { dtype, shape: [2], data_offsets },
  });
  const read = (bytes: Uint8Array) => [...decodeSafetensors(bytes).tensors.get("t")!.data];
  assertEquals(read(file(one("F16"), [0, 0x3c, 0, 0xc0])), [1, -2]);
  assertEquals(read(file(one("BF16"), [0x80, 0x3f, 0, 0xc0])), [1, -2]);
  assertThrows(() => read(file(one("I64"), [0, 0, 0, 0])), SyntaxError, "I64");
  assertThrows(() => read(file(one("F16", [0, 8]), [0, 0, 0, 0])), SyntaxError, "cut off");
  assertThrows(() => read(file({ t: 3 }, [])), SyntaxError, '"t"');
});
