import { assert, assertEquals } from "@std/assert";
import type { Checkpoint } from "../../../src/artifacts/checkpoint/checkpoint.ts";
import { decodeCheckpoint } from "../../../src/artifacts/checkpoint/decode.ts";
import { encodeCheckpoint } from "../../../src/artifacts/checkpoint/encode.ts";
import { type Rng, rng } from "../../../src/tensor/rng.ts";
import { writeRaw } from "./raw_flat.ts";
import { rawCheckpoint } from "./raw_samples.ts";
import { joined, small } from "./samples.ts";

const FILES = 1000;

/** Bytes that a result may keep, as a multiple of what was read. */
const KEPT = 2;

interface Source {
  readonly bytes: Uint8Array;
  readonly external?: Uint8Array | undefined;
}

function sources(): Source[] {
  const outside = encodeCheckpoint(small(), { externalFromBytes: 0 });
  return [
    encodeCheckpoint(small(), { version: 1 }).bytes,
    encodeCheckpoint(small()).bytes,
    encodeCheckpoint({ ...small(), nominal: true }).bytes,
    writeRaw(rawCheckpoint()).bytes,
  ].map((bytes): Source => ({ bytes })).concat({
    bytes: outside.bytes,
    external: joined(outside.external!),
  });
}

/** One way of damaging a file, in place. */
type Damage = (view: DataView, random: Rng) => void;

const anyWord = (view: DataView, random: Rng) => 4 * random.integer(view.byteLength >> 2);

const flipByte: Damage = (view, random) => {
  const at = random.integer(view.byteLength);
  view.setUint8(at, view.getUint8(at) ^ 1 << random.integer(8));
};

/** Lengths and offsets are words: one becomes another number of interest. */
const changeWord: Damage = (view, random) => {
  const at = anyWord(view, random);
  const length = view.byteLength;
  const values = [0, 1, 4, 0x7fffffff, 0x80000000, 0xffffffff, length, length - at, random.bits()];
  view.setUint32(at, values[random.integer(values.length)]!, true);
};

const shiftWord: Damage = (view, random) => {
  const at = anyWord(view, random);
  view.setUint32(at, view.getUint32(at, true) + random.integer(65) - 32, true);
};

/** An offset to somewhere else in the file, so that parts meet and overlap. */
const leadElsewhere: Damage = (view, random) => {
  const at = anyWord(view, random);
  view.setUint32(at, anyWord(view, random) - at, true);
};

const changeHalfWord: Damage = (view, random) =>
  view.setUint16(2 * random.integer(view.byteLength >> 1), random.integer(65536), true);

const copyPart: Damage = (view, random) => {
  const bytes = new Uint8Array(view.buffer);
  const from = random.integer(bytes.length);
  bytes.copyWithin(anyWord(view, random), from, from + random.integer(64));
};

const DAMAGES = [flipByte, changeWord, shiftWord, leadElsewhere, changeHalfWord, copyPart];

function mutated(source: Uint8Array, random: Rng): Uint8Array {
  const cut = random.integer(8) === 0;
  const bytes = source.slice(0, cut ? random.integer(source.length) : source.length);
  if (cut && bytes.length < 4) return bytes;
  const view = new DataView(bytes.buffer);
  for (let turns = 1 + random.integer(4); turns > 0; turns--) {
    DAMAGES[random.integer(DAMAGES.length)]!(view, random);
  }
  return bytes;
}

/** Bytes of memory that the tensors of a checkpoint hold on to. */
function keptBytes({ trainable, frozen, optimizerGroups }: Checkpoint): number {
  const moments = optimizerGroups.flatMap((group) => [...group.moments.values()]);
  const tensors = [trainable, frozen, ...moments].flatMap((map) => [...map.values()]);
  return tensors.reduce((sum, { data }) => sum + data.byteLength, 0);
}

/** Decodes; gives the checkpoint, or `undefined` for a file that was refused in the proper way. */
function decoded(bytes: Uint8Array, external: Uint8Array | undefined): Checkpoint | undefined {
  try {
    return decodeCheckpoint(bytes, { external });
  } catch (error) {
    assert(error instanceof SyntaxError, String((error as Error).stack));
    assert(/^(The|Not a) checkpoint/.test(error.message), error.message);
    return undefined;
  }
}

Deno.test(`${FILES} mutated checkpoints are read or refused, quickly and with little memory`, () => {
  const files = sources();
  let refused = 0;
  let slowest = 0;
  for (let seed = 0; seed < FILES; seed++) {
    const random = rng("mutated checkpoint", seed);
    const { bytes, external } = files[seed % files.length]!;
    const damaged = mutated(bytes, random);
    const start = performance.now();
    const checkpoint = decoded(damaged, external);
    slowest = Math.max(slowest, performance.now() - start);
    if (!checkpoint) refused++;
    else {
      const read = damaged.length + (external?.length ?? 0);
      assert(keptBytes(checkpoint) <= KEPT * read, `seed ${seed}`);
    }
  }
  assert(slowest < 2000, `the slowest took ${slowest} ms`);
  assert(refused > FILES / 4 && refused < FILES, `${refused} of ${FILES} were refused`);
});

Deno.test("mutated external data changes values only", () => {
  const { bytes, external } = encodeCheckpoint(small(), { externalFromBytes: 0 });
  const file = joined(external!);
  for (let seed = 0; seed < 50; seed++) {
    const damaged = mutated(file, rng("mutated external data", seed));
    const checkpoint = decoded(bytes, damaged);
    assertEquals(checkpoint === undefined, damaged.length < file.length);
  }
});
