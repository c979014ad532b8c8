import type { Tensor } from "../../tensor/tensor.ts";
import type { Checkpoint, CheckpointVersion, OptimizerGroup, PropertyValue } from "./checkpoint.ts";
import { damaged, quoted } from "./claims.ts";
import { decodeNominalTensor, decodeTensor, ExternalData } from "./decode_tensor.ts";
import { FlatFile } from "./flat_file.ts";
import { FlatTable } from "./flat_table.ts";
import {
  CHECKPOINT,
  type Field,
  IDENTIFIER,
  MODULE_STATE,
  OPTIMIZER_GROUP,
  PARAMETER_STATE,
  PROPERTY,
  PROPERTY_BAG,
} from "./schema.ts";

/** What lies beside the checkpoint file. */
export interface DecodeOptions {
  /** Content of the external data file, for checkpoints that have one. */
  readonly external?: Uint8Array | undefined;
}

/**
 * The content of a checkpoint file of ONNX Runtime's on-device training, version 1 or 2. Elements
 * are views of `bytes` and of `external` where they lie aligned. Throws `SyntaxError` that says
 * what is wrong and where: nothing in the file is believed before it is checked.
 */
export function decodeCheckpoint(bytes: Uint8Array, options: DecodeOptions = {}): Checkpoint {
  const file = new FlatFile(bytes, IDENTIFIER);
  const root = FlatTable.root(file, "Checkpoint");
  const version = versionOf(root);
  const state = root.table(CHECKPOINT.module_state);
  const external = state?.bool(MODULE_STATE.has_external_data)
    ? new ExternalData(options.external)
    : undefined;
  const groups = root.tables(CHECKPOINT.optimizer_groups) ?? [];
  const bag = root.table(CHECKPOINT.property_bag);
  const checkpoint: Checkpoint = {
    ...parametersOf(state, external),
    optimizerGroups: Array.from(groups, groupOf),
    properties: bag ? propertiesOf(bag) : new Map(),
    nominal: state?.bool(MODULE_STATE.is_nominal_state) ?? false,
    version,
  };
  file.checkOverlaps();
  external?.checkOverlaps();
  return checkpoint;
}

/** Whether the checkpoint keeps parameters in an external data file. Throws as `decodeCheckpoint`. */
export function hasExternalData(bytes: Uint8Array): boolean {
  const root = FlatTable.root(new FlatFile(bytes, IDENTIFIER), "Checkpoint");
  return root.table(CHECKPOINT.module_state)?.bool(MODULE_STATE.has_external_data) ?? false;
}

function versionOf(root: FlatTable): CheckpointVersion {
  const version = root.int32(CHECKPOINT.version) ?? 0;
  if (version === 1 || version === 2) return version;
  throw new SyntaxError(
    `The checkpoint has the version ${version}; versions 1 (ONNX Runtime 1.16 and 1.17) and ` +
      "2 (1.18 and later) can be read",
  );
}

function parametersOf(state: FlatTable | undefined, external: ExternalData | undefined) {
  if (!state) return { trainable: new Map(), frozen: new Map() };
  const nominal = state.bool(MODULE_STATE.is_nominal_state);
  const decode = (table: FlatTable) =>
    nominal ? decodeNominalTensor(table) : decodeTensor(table, external);
  const [trainable, frozen] = [MODULE_STATE.requires_grad_params, MODULE_STATE.frozen_params]
    .map((field) => {
      const tables = state.tables(field);
      if (!tables) throw damaged(`${state.path(field)} is missing`);
      return named(tables, decode);
    }) as [Map<string, Tensor>, Map<string, Tensor>];
  for (const name of frozen.keys()) {
    if (trainable.has(name)) {
      throw damaged(`parameter ${quoted(name)} is both trainable and frozen`);
    }
  }
  return { trainable, frozen };
}

function groupOf(table: FlatTable): OptimizerGroup {
  const name = table.string(OPTIMIZER_GROUP.group_name);
  const step = Number(table.int64(OPTIMIZER_GROUP.step) ?? 0n);
  if (!Number.isSafeInteger(step) || step < 0) {
    throw damaged(`${table.path(OPTIMIZER_GROUP.step)} is ${step}`);
  }
  return {
    name,
    step,
    initialLearningRate: table.float32(OPTIMIZER_GROUP.initial_learning_rate) ?? 0,
    moments: named(table.tables(OPTIMIZER_GROUP.optimizer_states) ?? [], (state) => {
      const tensors = state.tables(PARAMETER_STATE.momentums) ?? [];
      const moments = named(tensors, (tensor) => decodeTensor(tensor, undefined));
      return [state.string(PARAMETER_STATE.param_name), moments] as const;
    }),
  };
}

function propertiesOf(bag: FlatTable): Map<string, PropertyValue> {
  const all = new Map<string, PropertyValue>();
  const read = (field: Field, value: (table: FlatTable) => PropertyValue) =>
    named(bag.tables(field) ?? [], (table) => [table.string(PROPERTY.name), value(table)], all);
  read(PROPERTY_BAG.ints, (table) => table.int64(PROPERTY.value) ?? 0n);
  read(PROPERTY_BAG.floats, (table) => table.float32(PROPERTY.value) ?? 0);
  read(PROPERTY_BAG.strings, (table) => table.string(PROPERTY.value));
  return all;
}

/** What the tables hold by name, added to `found`. Throws `SyntaxError` where two have one name. */
function named<T>(
  tables: Iterable<FlatTable>,
  decode: (table: FlatTable) => readonly [string, T],
  found: Map<string, T> = new Map<string, T>(),
): Map<string, T> {
  for (const table of tables) {
    const [name, value] = decode(table);
    if (found.has(name)) throw damaged(`${table.where} repeats the name ${quoted(name)}`);
    found.set(name, value);
  }
  return found;
}
