import { assertEquals } from "@std/assert";
import { decodeCheckpoint } from "../../../src/artifacts/checkpoint/decode.ts";
import { encodeCheckpoint } from "../../../src/artifacts/checkpoint/encode.ts";
import type { Checkpoint } from "../../../src/artifacts/checkpoint/checkpoint.ts";
import { joined, small } from "./samples.ts";

function roundTrip(checkpoint: Checkpoint, version: 1 | 2, externalFromBytes?: number) {
  const options = { version, ...(externalFromBytes !== undefined && { externalFromBytes }) };
  const { bytes, external } = encodeCheckpoint(checkpoint, options);
  return decodeCheckpoint(bytes, { external: external && joined(external) });
}

for (const version of [1, 2] as const) {
  Deno.test(`a checkpoint of version ${version} comes back as it was written, in its order`, () => {
    const read = roundTrip(small(), version);
    assertEquals(read, { ...small(), version });
    assertEquals([...read.trainable.keys()], [...small().trainable.keys()]);
    assertEquals([...read.frozen.keys()], [...small().frozen.keys()]);
  });
}
