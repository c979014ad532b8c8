import { Builder } from "flatbuffers";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Checkpoint, CheckpointVersion, OptimizerGroup } from "./checkpoint.ts";
import { checkCheckpoint } from "./check.ts";
import { encodeProperties } from "./encode_properties.ts";
import { EXTERNAL_FROM_BYTES, type ExternalLayout, layOut } from "./external_layout.ts";
import {
  CHECKPOINT,
  IDENTIFIER,
  MODULE_STATE,
  OPTIMIZER_GROUP,
  PARAMETER_STATE,
} from "./schema.ts";
import { roomFor } from "./room.ts";
import { table, tableVector } from "./tables.ts";
import { nominalTensor } from "./checkpoint.ts";
import { encodeTensor } from "./encode_tensor.ts";

/** How a checkpoint is written. */
export interface EncodeOptions {
  /**
   * Version of the file. ONNX Runtime reads its own only: 1.16 and 1.17 version 1, later ones 2.
   * @default 2
   */
  readonly version?: CheckpointVersion;
  /**
   * Bytes of all parameters together from which on the larger ones (64 bytes and more) go into a
   * file of their own; `0` always, `Infinity` never. Only in version 2, and only where the
   * checkpoint is loaded by its path.
   * @default 1800 MiB
   */
  readonly externalFromBytes?: number;
}

/** The bytes of a checkpoint. */
export interface EncodedCheckpoint {
  /** The checkpoint file. */
  readonly bytes: Uint8Array;
  /** The external data file in pieces, where there is one: its name is the checkpoint's with `.data`. */
  readonly external?: readonly Uint8Array[];
}

/**
 * A checkpoint as the file that ONNX Runtime's on-device training loads; names, values and order
 * are kept. Throws `TypeError` and `RangeError` for what that runtime would not take: element types
 * it cannot load, moments for some trainable parameters only, and in version 1 nominal checkpoints
 * and external data.
 */
export function encodeCheckpoint(
  checkpoint: Checkpoint,
  { version = 2, externalFromBytes }: EncodeOptions = {},
): EncodedCheckpoint {
  checkCheckpoint(checkpoint);
  if (version === 1) checkVersion1(checkpoint, externalFromBytes);
  const { nominal, trainable, frozen, optimizerGroups, properties } = checkpoint;
  const parameters = nominal ? [] : [...trainable, ...frozen];
  const fromBytes = version === 1 ? Infinity : externalFromBytes ?? EXTERNAL_FROM_BYTES;
  const layout = layOut(parameters, fromBytes);
  const builder = new Builder(roomFor(checkpoint, layout));
  const state = encodeState(builder, checkpoint, layout);
  const groups = optimizerGroups.map((group) => encodeGroup(builder, group));
  const groupList = groups.length > 0 ? tableVector(builder, groups) : 0;
  const bag = encodeProperties(builder, properties);
  const root = table(builder, CHECKPOINT, () => {
    builder.addFieldInt32(CHECKPOINT.version.slot, version, 0);
    builder.addFieldOffset(CHECKPOINT.module_state.slot, state, 0);
    builder.addFieldOffset(CHECKPOINT.optimizer_groups.slot, groupList, 0);
    builder.addFieldOffset(CHECKPOINT.property_bag.slot, bag, 0);
  });
  builder.finish(root, IDENTIFIER);
  const bytes = builder.asUint8Array();
  return layout.pieces.length > 0 ? { bytes, external: layout.pieces } : { bytes };
}

function checkVersion1({ nominal }: Checkpoint, externalFromBytes: number | undefined): void {
  const what = nominal
    ? "nominal checkpoints"
    : externalFromBytes !== undefined && externalFromBytes !== Infinity
    ? "external data"
    : undefined;
  if (what !== undefined) {
    throw new RangeError(`Version 1 of the checkpoint file has no ${what}; write version 2`);
  }
}

function encodeState(
  builder: Builder,
  { trainable, frozen, nominal }: Checkpoint,
  { offsets }: ExternalLayout,
): number {
  const list = (parameters: ReadonlyMap<string, Tensor>) => {
    const tables = [...parameters].map(([name, tensor]) => {
      const written = nominal ? nominalTensor(tensor.type) : tensor;
      return encodeTensor(builder, name, written, offsets.get(name));
    });
    return tableVector(builder, tables);
  };
  const lists = { trainable: list(trainable), frozen: list(frozen) };
  return table(builder, MODULE_STATE, () => {
    builder.addFieldOffset(MODULE_STATE.requires_grad_params.slot, lists.trainable, 0);
    builder.addFieldOffset(MODULE_STATE.frozen_params.slot, lists.frozen, 0);
    builder.addFieldInt8(MODULE_STATE.is_nominal_state.slot, Number(nominal), 0);
    builder.addFieldInt8(MODULE_STATE.has_external_data.slot, Number(offsets.size > 0), 0);
  });
}

function encodeGroup(builder: Builder, group: OptimizerGroup): number {
  const states = [...group.moments].map(([parameter, moments]) => {
    const tensors = [...moments].map((moment) => encodeTensor(builder, ...moment));
    const list = tableVector(builder, tensors);
    const name = builder.createString(parameter);
    return table(builder, PARAMETER_STATE, () => {
      builder.addFieldOffset(PARAMETER_STATE.param_name.slot, name, 0);
      builder.addFieldOffset(PARAMETER_STATE.momentums.slot, list, 0);
    });
  });
  const list = tableVector(builder, states);
  const name = builder.createString(group.name);
  return table(builder, OPTIMIZER_GROUP, () => {
    builder.addFieldOffset(OPTIMIZER_GROUP.group_name.slot, name, 0);
    builder.addFieldInt64(OPTIMIZER_GROUP.step.slot, BigInt(group.step), 0n);
    const { slot } = OPTIMIZER_GROUP.initial_learning_rate;
    builder.addFieldFloat32(slot, group.initialLearningRate, 0);
    builder.addFieldOffset(OPTIMIZER_GROUP.optimizer_states.slot, list, 0);
  });
}
