import { assertEquals, assertThrows } from "@std/assert";
import { decodeCheckpoint } from "../../../src/artifacts/checkpoint/decode.ts";
import { encodeCheckpoint } from "../../../src/artifacts/checkpoint/encode.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import { readRaw, writeRaw } from "./raw_flat.ts";
import { floats, rawCheckpoint, rawTensor } from "./raw_samples.ts";

const content = {
  trainable: new Map([["weight", tensor("float32", [2], [1, 2])]]),
  frozen: new Map([["mean", tensor("float32", [1, 2], [1, 2])]]),
  optimizerGroups: [{
    name: "group0",
    step: 7,
    initialLearningRate: 0.5,
    moments: new Map([[
      "weight",
      new Map([
        ["momentum0", tensor("float32", [2], [1, 2])],
        ["momentum1", tensor("float32", [2], [1, 2])],
      ]),
    ]]),
  }],
  properties: new Map<string, bigint | number | string>([
    ["epoch", 3n],
    ["best", 0.25],
    ["note", "ja"],
  ]),
  nominal: false,
};

Deno.test("a file laid out by hand is read", () => {
  assertEquals(decodeCheckpoint(writeRaw(rawCheckpoint()).bytes), { ...content, version: 2 });
});

for (const version of [1, 2] as const) {
  Deno.test(`a written file of version ${version}, read by hand, has the schema's fields`, () => {
    const raw = rawCheckpoint();
    delete raw.module_state.frozen_params![0]!.doc_string;
    const { bytes } = encodeCheckpoint(content, { version });
    assertEquals(new TextDecoder().decode(bytes.slice(4, 8)), "ODTC");
    assertEquals(readRaw(bytes), { ...raw, version });
  });
}

Deno.test("a written nominal file, read by hand, has empty shapes and elements", () => {
  const { bytes } = encodeCheckpoint({ ...content, optimizerGroups: [], nominal: true });
  const { module_state: state } = readRaw(bytes);
  const empty = { dims: [], raw_data: new Uint8Array() };
  assertEquals(state, {
    requires_grad_params: [rawTensor("weight", empty)],
    frozen_params: [rawTensor("mean", empty)],
    is_nominal_state: true,
  });
});

Deno.test("a checkpoint of nothing has both lists of parameters, and is read back", () => {
  const none = new Map();
  const empty = { trainable: none, frozen: none, optimizerGroups: [], properties: none };
  const { bytes } = encodeCheckpoint({ ...empty, nominal: false });
  const state = { requires_grad_params: [], frozen_params: [] };
  assertEquals(readRaw(bytes), { version: 2, module_state: state });
  assertEquals(decodeCheckpoint(bytes), { ...empty, nominal: false, version: 2 });
});

Deno.test("a file without parameters, groups and properties is read", () => {
  const none = new Map();
  const read = decodeCheckpoint(writeRaw({ version: 1 }).bytes);
  const empty = { trainable: none, frozen: none, optimizerGroups: [], properties: none };
  assertEquals(read, { ...empty, nominal: false, version: 1 });
});

Deno.test("a float16 parameter is read", () => {
  const half = rawTensor("half", { data_type: 10, raw_data: new Uint8Array([0, 60, 0, 64]) });
  const state = { requires_grad_params: [], frozen_params: [half] };
  const { frozen } = decodeCheckpoint(writeRaw({ version: 2, module_state: state }).bytes);
  assertEquals(frozen.get("half"), {
    type: "float16",
    dims: [2],
    data: Uint16Array.of(0x3c00, 0x4000),
  });
});

Deno.test("parameters in external data are read from there", () => {
  const external = floats(0, 0, 5, 6, 7);
  const outside = rawTensor("weight", { raw_data: undefined, external_data_offset: 8n });
  const raw = rawCheckpoint();
  raw.module_state.requires_grad_params = [outside];
  raw.module_state.has_external_data = true;
  const { trainable, frozen } = decodeCheckpoint(writeRaw(raw).bytes, { external });
  assertEquals(trainable.get("weight"), tensor("float32", [2], [5, 6]));
  assertEquals(frozen, content.frozen);
});

Deno.test("every file cut short is refused", () => {
  const { bytes } = encodeCheckpoint(content);
  decodeCheckpoint(bytes);
  for (let length = 0; length < bytes.length; length++) {
    assertThrows(() => decodeCheckpoint(bytes.slice(0, length)), SyntaxError);
  }
});
