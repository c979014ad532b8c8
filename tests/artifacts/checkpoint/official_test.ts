import { assertEquals } from "@std/assert";
import { readCheckpoint } from "../../../src/artifacts/checkpoint/checkpoint_file.ts";
import { decodeCheckpoint } from "../../../src/artifacts/checkpoint/decode.ts";
import { encodeCheckpoint } from "../../../src/artifacts/checkpoint/encode.ts";
import { readModel } from "../../../src/onnx/read_model.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import { sharedTest } from "../../shared.ts";
import { parametersOf, type Sample, SAMPLES } from "./official.ts";
import { readRaw } from "./raw_flat.ts";
import { joined } from "./samples.ts";

for (const sample of SAMPLES) {
  sharedTest(`the official ${sample.path} is read`, [sample.path], async (path) => {
    const read = await readCheckpoint(path);
    assertEquals(shapes(read.trainable), sample.trainable);
    assertEquals(shapes(read.frozen), sample.frozen ?? {});
    assertEquals([read.version, read.nominal], [2, sample.nominal ?? false]);
    assertEquals([read.optimizerGroups, read.properties.size], [[], 0]);
    for (const { type } of parametersOf(read).values()) assertEquals(type, "float32");
  });

  sharedTest(`the official ${sample.path} is written as it was`, [sample.path], async (path) => {
    const bytes = await Deno.readFile(path);
    const read = decodeCheckpoint(bytes);
    const written = encodeCheckpoint(read);
    assertEquals(decodeCheckpoint(written.bytes), read);
    const { version, module_state } = readRaw(bytes);
    assertEquals(readRaw(written.bytes), { version, module_state });
    if (sample.nominal) return;
    const older = encodeCheckpoint(read, { version: 1 });
    assertEquals(decodeCheckpoint(older.bytes), { ...read, version: 1 });
    const { bytes: outside, external } = encodeCheckpoint(read, { externalFromBytes: 0 });
    assertEquals(decodeCheckpoint(outside, { external: joined(external!) }), read);
  });

  comparedWithModels(sample);
}

function comparedWithModels({ path, initializers, inputs, nominal }: Sample): void {
  if (initializers) {
    const claim = `the parameters of ${path} are the weights of ${initializers}`;
    sharedTest(claim, [path, initializers], async (checkpoint, model) => {
      const parameters = parametersOf(await readCheckpoint(checkpoint));
      const { graph } = await readModel(await Deno.readFile(model));
      for (const [name, { dims, data }] of parameters) {
        const weight = graph.value(name).constant!;
        assertEquals([weight.dims, weight.data], [dims, data], name);
      }
    });
  }
  if (inputs) {
    const claim = `the parameters of ${path} are the inputs of ${inputs}`;
    sharedTest(claim, [path, inputs], async (checkpoint, model) => {
      const { graph } = await readModel(await Deno.readFile(model));
      for (const [name, { type, dims }] of parametersOf(await readCheckpoint(checkpoint))) {
        const input = graph.inputs.find((input) => input.name === name);
        assertEquals(input?.type, type, name);
        if (!nominal) assertEquals(input?.shape, dims, name);
      }
    });
  }
}

function shapes(parameters: ReadonlyMap<string, Tensor>): Record<string, readonly number[]> {
  return Object.fromEntries([...parameters].map(([name, { dims }]) => [name, dims]));
}
