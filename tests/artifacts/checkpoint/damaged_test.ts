import { assertThrows } from "@std/assert";
import { decodeCheckpoint } from "../../../src/artifacts/checkpoint/decode.ts";
import { writeRaw, type Written } from "./raw_flat.ts";
import {
  floats,
  type RawCheckpoint,
  rawCheckpoint,
  type RawTensor,
  rawTensor,
} from "./raw_samples.ts";

/** A file that is wrong in one place, and what the error says of it. */
interface Damage {
  readonly claim: string;
  readonly says: string;
  /** Changes the tables before they are written. */
  readonly edit?: (raw: RawCheckpoint) => void;
  /** Changes the bytes. */
  readonly patch?: (written: Written, view: DataView) => void;
  readonly external?: Uint8Array;
}

const weight = "module_state.requires_grad_params[0]";
const first = (fields: RawTensor) => (raw: RawCheckpoint) => {
  raw.module_state.requires_grad_params = [rawTensor("weight", fields)];
};
const outside = (fields: RawTensor) => (raw: RawCheckpoint) => {
  first({ raw_data: undefined, external_data_offset: 0n, ...fields })(raw);
  raw.module_state.has_external_data = true;
};
const word = (path: string, value: number, after = 0) => (written: Written, view: DataView) =>
  view.setUint32(written.places.get(path)! + after, value, true);

const damages: readonly Damage[] = [
  {
    claim: "another identifier",
    says: 'found "ORTM"',
    patch: ({ bytes }) => {
      bytes.set(new TextEncoder().encode("ORTM"), 4);
    },
  },
  { claim: "version 3", says: "version 3", edit: (raw) => raw.version = 3 },
  { claim: "no version", says: "version 0", edit: (raw) => delete raw.version },
  {
    claim: "no list of frozen parameters",
    says: "Checkpoint.module_state.frozen_params is missing",
    edit: (raw) => delete raw.module_state.frozen_params,
  },
  {
    claim: "a parameter without a name",
    says: ".name is missing",
    edit: first({ name: undefined }),
  },
  { claim: "a parameter without a shape", says: "has no shape", edit: first({ dims: undefined }) },
  { claim: "no elements", says: "has no elements", edit: first({ raw_data: undefined }) },
  {
    claim: "too few elements",
    says: "needs 8 bytes, found 4",
    edit: first({ raw_data: floats(1) }),
  },
  { claim: "an unknown element type", says: "type 99", edit: first({ data_type: 99 }) },
  { claim: "strings", says: "type 8", edit: first({ data_type: 8 }) },
  { claim: "a negative dimension", says: "impossible shape [-1]", edit: first({ dims: [-1n] }) },
  {
    claim: "a shape beyond all numbers",
    says: "impossible shape",
    edit: first({ dims: [2n ** 40n, 2n ** 40n] }),
  },
  {
    claim: "a shape of more axes than tensors have",
    says: "has 65 elements; 64 at most",
    edit: first({ dims: Array<bigint>(65).fill(1n) }),
  },
  {
    claim: "a shape of many elements",
    says: "needs 4398046511104 bytes, found 8",
    edit: first({ dims: [2n ** 40n] }),
  },
  {
    claim: "one name twice",
    says: 'repeats the name "mean"',
    edit: (raw) => raw.module_state.frozen_params!.push(rawTensor("mean")),
  },
  {
    claim: "a parameter both trainable and frozen",
    says: '"mean" is both',
    edit: (raw) => raw.module_state.requires_grad_params.push(rawTensor("mean")),
  },
  {
    claim: "one property as integer and as text",
    says: 'repeats the name "epoch"',
    edit: (raw) => raw.property_bag.strings.push({ name: "epoch", value: "x" }),
  },
  {
    claim: "a negative step",
    says: "step is -1",
    edit: (raw) => raw.optimizer_groups[0]!.step = -1n,
  },
  {
    claim: "a group without a name",
    says: "optimizer_groups[0].group_name is missing",
    edit: (raw) => delete raw.optimizer_groups[0]!.group_name,
  },
  {
    claim: "external data that was not given",
    says: "which was not given",
    edit: outside({}),
  },
  {
    claim: "external data that is too short",
    says: "takes bytes 4 to 12 of the external data file, which has 8",
    edit: outside({ external_data_offset: 4n }),
    external: floats(1, 2),
  },
  {
    claim: "external data far outside its file",
    says: "of the external data file, which has 8",
    edit: outside({ external_data_offset: 2n ** 62n }),
    external: floats(1, 2),
  },
  {
    claim: "an offset into external data it says it has none of",
    says: "which the checkpoint has none of",
    edit: (raw) => {
      outside({})(raw);
      raw.module_state.has_external_data = false;
    },
    external: floats(1, 2),
  },
  {
    claim: "parameters that overlap in external data",
    says: "overlaps",
    edit: (raw) => {
      outside({})(raw);
      const other = { raw_data: undefined, external_data_offset: 4n };
      raw.module_state.frozen_params = [rawTensor("mean", other)];
    },
    external: floats(1, 2, 3),
  },
  {
    claim: "a moment in external data",
    says: "which the checkpoint has none of",
    edit: (raw) => {
      raw.module_state.has_external_data = true;
      const moment = rawTensor("momentum0", { raw_data: undefined, external_data_offset: 0n });
      raw.optimizer_groups[0]!.optimizer_states[0]!.momentums[0] = moment;
    },
    external: floats(1, 2),
  },
  {
    claim: "an endless list of parameters",
    says: "claims 4294967295 elements",
    patch: word("module_state.requires_grad_params", 0xffffffff),
  },
  {
    claim: "an endless name",
    says: "claims 2147483648 elements",
    patch: word(`${weight}.name`, 0x80000000),
  },
  {
    claim: "an endless shape",
    says: "claims 536870911 elements",
    patch: word(`${weight}.dims`, 0x1fffffff),
  },
  { claim: "a name without an end", says: "has no end", patch: word(`${weight}.name`, 5) },
  {
    claim: "a name that is not UTF-8",
    says: "is not UTF-8",
    patch: word(`${weight}.name`, 0xffffffff, 4),
  },
  {
    claim: "an offset that leads to itself",
    says: "leads to itself",
    patch: word("module_state.requires_grad_params", 0, 4),
  },
  {
    claim: "an offset that leads out of the file",
    says: "and the file has",
    patch: word("module_state.requires_grad_params", 0x7fffffff, 4),
  },
  {
    claim: "a table whose list of fields is outside the file",
    says: "the list of fields of Checkpoint.module_state.requires_grad_params[0]",
    patch: word(weight, 0x40000000),
  },
  {
    claim: "a table that is larger than the file",
    says: "of the file, which has",
    patch: (written, view) => {
      const at = written.places.get(weight)!;
      view.setUint16(at - view.getInt32(at, true) + 2, 0xffff, true);
    },
  },
  {
    claim: "a list of fields that is cut in the middle of a field",
    says: "has the length 5",
    patch: (written, view) => {
      const at = written.places.get(weight)!;
      view.setUint16(at - view.getInt32(at, true), 5, true);
    },
  },
  {
    claim: "a field outside its table",
    says: "lies at byte 65528 of a table",
    patch: (written, view) => {
      const at = written.places.get(weight)!;
      view.setUint16(at - view.getInt32(at, true) + 4, 65528, true);
    },
  },
  {
    claim: "two parameters that share their elements",
    says: "overlaps",
    patch: ({ places }, view) => {
      const field = places.get(weight)! + 4 + 8 * 4;
      const other = places.get("module_state.frozen_params[0].raw_data")!;
      view.setUint32(field, other - field, true);
    },
  },
  {
    claim: "a parameter that lies inside another's elements",
    says: "overlaps",
    patch: ({ places }, view) => {
      view.setUint32(places.get(`${weight}.raw_data`)!, 24, true);
      view.setUint32(places.get(`${weight}.dims`)! + 4, 6, true);
    },
  },
];

for (const { claim, says, edit, patch, external } of damages) {
  Deno.test(`a checkpoint with ${claim} is refused`, () => {
    const raw = rawCheckpoint();
    edit?.(raw);
    const written = writeRaw(raw);
    patch?.(written, new DataView(written.bytes.buffer));
    assertThrows(() => decodeCheckpoint(written.bytes, { external }), SyntaxError, says);
  });
}
