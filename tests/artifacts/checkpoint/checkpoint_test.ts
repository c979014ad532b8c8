import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeCheckpoint } from "../../../src/artifacts/checkpoint/decode.ts";
import { encodeCheckpoint, type EncodeOptions } from "../../../src/artifacts/checkpoint/encode.ts";
import {
  type Checkpoint,
  nominalTensor,
  type OptimizerGroup,
} from "../../../src/artifacts/checkpoint/checkpoint.ts";
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts";
import { readRaw } from "./raw_flat.ts";
import type { RawCheckpoint } from "./raw_samples.ts";
import { counted, joined, small, TYPES } from "./samples.ts";

function roundTrip(checkpoint: Checkpoint, options: EncodeOptions) {
  const { bytes, external } = encodeCheckpoint(checkpoint, options);
  return decodeCheckpoint(bytes, { external: external && joined(external) });
}

for (const options of [{}, { version: 1 }, { version: 2 }, { externalFromBytes: 0 }] as const) {
  const how = JSON.stringify(options);
  Deno.test(`a checkpoint written with ${how} comes back, in its order`, () => {
    const read = roundTrip(small(), options);
    assertEquals(read, { ...small(), version: "version" in options ? options.version : 2 });
    assertEquals([...read.trainable.keys()], [...small().trainable.keys()]);
    assertEquals([...read.frozen.keys()], [...small().frozen.keys()]);
    const moments = read.optimizerGroups[0]!.moments;
    assertEquals([...moments.keys()], [...small().trainable.keys()]);
  });
}

Deno.test("equal checkpoints give equal bytes, whatever was read before", () => {
  const { bytes } = encodeCheckpoint(small());
  assertEquals(encodeCheckpoint(decodeCheckpoint(bytes)).bytes, bytes);
});

Deno.test("a checkpoint is read from the middle of a buffer, at any alignment", () => {
  const { bytes } = encodeCheckpoint(small());
  for (let shift = 0; shift < 8; shift++) {
    const buffer = new Uint8Array(bytes.length + 8);
    buffer.set(bytes, shift);
    const read = decodeCheckpoint(buffer.subarray(shift, shift + bytes.length));
    assertEquals(read, { ...small(), version: 2 });
  }
});

Deno.test("elements of a written file lie aligned, so that reading copies none", () => {
  const { bytes } = encodeCheckpoint(small());
  const aligned = bytes.slice();
  const { trainable, frozen } = decodeCheckpoint(aligned);
  for (const [name, { data }] of [...trainable, ...frozen]) {
    assert(data.length === 0 || data.buffer === aligned.buffer, name);
  }
});

Deno.test("a nominal checkpoint has names and types only, also when made from a full one", () => {
  const full = small();
  const { bytes } = encodeCheckpoint({ ...full, nominal: true });
  const read = decodeCheckpoint(bytes);
  assert(read.nominal);
  const bare = (parameters: Checkpoint["frozen"]) =>
    new Map([...parameters].map(([name, { type }]) => [name, nominalTensor(type)]));
  assertEquals(read.trainable, bare(full.trainable));
  assertEquals(read.frozen, bare(full.frozen));
  assertEquals(encodeCheckpoint(read).bytes, bytes);
});

Deno.test("external data holds tensors of 64 bytes and more, aligned by their type", () => {
  const frozen = new Map<string, Tensor>([
    ["first", counted("uint8", [65])],
    ["of 60 bytes", counted("float32", [15])],
    ["of 64 bytes", counted("float32", [16])],
    ["of 8-byte elements", counted("int64", [8])],
    ["bytes", counted("int8", [65])],
    ["half way", counted("float32", [17])],
    ["doubles", counted("float64", [9])],
  ]);
  const none = new Map();
  const checkpoint = { trainable: none, frozen, optimizerGroups: [], properties: none };
  const { bytes, external } = encodeCheckpoint({ ...checkpoint, nominal: false }, {
    externalFromBytes: 0,
  });
  const { module_state: state } = readRaw(bytes) as RawCheckpoint;
  const offsets = state.frozen_params!.map((raw) => [raw.name, raw.external_data_offset]);
  assertEquals(state.has_external_data, true);
  assertEquals(offsets, [
    ["first", 0n],
    ["of 60 bytes", undefined],
    ["of 64 bytes", 68n],
    ["of 8-byte elements", 136n],
    ["bytes", 200n],
    ["half way", 268n],
    ["doubles", 336n],
  ]);
  const file = joined(external!);
  assertEquals(file.length, 336 + 72);
  assertEquals(file.slice(65, 68), new Uint8Array(3));
  assertEquals(new Float64Array(file.slice(336).buffer), frozen.get("doubles")!.data);
  assertEquals(state.frozen_params![0]!.raw_data, undefined);
});

Deno.test("external data begins where all parameters, rounded up to a mebibyte, take enough", () => {
  const trainable = new Map([["a", tensor("uint8", [2 ** 20 + 1])]]);
  const none = new Map();
  const checkpoint = { trainable, frozen: none, optimizerGroups: [], properties: none };
  const external = (externalFromBytes: number) =>
    encodeCheckpoint({ ...checkpoint, nominal: false }, { externalFromBytes }).external?.length;
  assertEquals(external(2 ** 21), 1);
  assertEquals(external(2 ** 21 + 1), undefined);
  assertEquals(external(Infinity), undefined);
});

Deno.test("moments and nominal parameters never lie in external data", () => {
  const { bytes } = encodeCheckpoint(small(), { externalFromBytes: 0 });
  const { optimizer_groups: groups } = readRaw(bytes) as RawCheckpoint;
  const moments = groups[0]!.optimizer_states.flatMap(({ momentums }) => momentums);
  assert(moments.every((moment) => moment.external_data_offset === undefined));
  const nominal = encodeCheckpoint({ ...small(), nominal: true }, { externalFromBytes: 0 });
  assertEquals(nominal.external, undefined);
});

function group(fields: Partial<OptimizerGroup>): Partial<Checkpoint> {
  return { optimizerGroups: [{ ...small().optimizerGroups[0]!, ...fields }] };
}

const moments = small().optimizerGroups[0]!.moments;

const refused: readonly {
  readonly claim: string;
  readonly change?: Partial<Checkpoint>;
  readonly options?: EncodeOptions;
  readonly error: typeof RangeError | typeof TypeError;
  readonly says: string;
}[] = [
  {
    claim: "a parameter both trainable and frozen",
    change: { frozen: small().trainable },
    error: RangeError,
    says: 'Parameter "weight" cannot be both',
  },
  ...(["float16", "bfloat16"] as const).map((type) => ({
    claim: `a ${type} parameter`,
    change: { frozen: new Map([["half", tensor(type, [1])]]) },
    error: TypeError,
    says: `loads no ${type} tensors`,
  })),
  {
    claim: "a parameter with too few elements",
    change: {
      frozen: new Map([["a", { type: "float32", dims: [2], data: new Float32Array(1) }]]),
    },
    error: RangeError,
    says: 'parameter "a": it has the shape [2] and 1 elements',
  },
  {
    claim: "a nominal parameter in a checkpoint that is not",
    change: { frozen: new Map([["a", nominalTensor("float32")]]) },
    error: RangeError,
    says: "the shape [] and 0 elements",
  },
  {
    claim: "moments of some parameters only",
    change: group({ moments: new Map([...moments].slice(1)) }),
    error: RangeError,
    says: 'none of "weight"',
  },
  {
    claim: "moments of a frozen parameter",
    change: group({ moments: new Map([...moments, ["scalar", new Map()]]) }),
    error: RangeError,
    says: 'moments of "scalar", which is not trainable',
  },
  {
    claim: "moments of another shape",
    change: group({
      moments: new Map([...moments, ["weight", new Map([["momentum0", tensor("float32", [35])]])]]),
    }),
    error: RangeError,
    says: '"momentum0" of "weight" has the shape [35], the parameter [5,7]',
  },
  {
    claim: "a step that is no count",
    change: group({ step: 1.5 }),
    error: RangeError,
    says: "found 1.5",
  },
  {
    claim: "two groups of one name",
    change: { optimizerGroups: [small().optimizerGroups[0]!, small().optimizerGroups[0]!] },
    error: RangeError,
    says: 'Two optimizer groups are "group0"',
  },
  {
    claim: "a property beyond 64 bits",
    change: { properties: new Map([["big", 2n ** 63n]]) },
    error: RangeError,
    says: 'Property "big" must fit in 64 bits',
  },
  {
    claim: "a nominal checkpoint of version 1",
    change: { nominal: true },
    options: { version: 1 },
    error: RangeError,
    says: "no nominal checkpoints",
  },
  {
    claim: "external data in version 1",
    options: { version: 1, externalFromBytes: 0 },
    error: RangeError,
    says: "no external data",
  },
];

for (const { claim, change, options, error, says } of refused) {
  Deno.test(`${claim} cannot be written`, () => {
    assertThrows(() => encodeCheckpoint({ ...small(), ...change }, options), error, says);
  });
}

Deno.test("every element type that ONNX Runtime loads is written with ONNX's number", () => {
  const { module_state: state } = readRaw(encodeCheckpoint(small()).bytes) as RawCheckpoint;
  const numbers = state.frozen_params!.slice(2).map(({ data_type }) => data_type);
  assertEquals(numbers, [1, 11, 9, 3, 5, 6, 7, 2, 4, 12, 13]);
  assertEquals(numbers.length, TYPES.length);
});
