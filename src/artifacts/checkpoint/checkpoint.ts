import { arrayConstructor, type DataType } from "../../tensor/dtype.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** The versions of the checkpoint file: 1 of ONNX Runtime 1.16 and 1.17, 2 of 1.18 and later. */
export type CheckpointVersion = 1 | 2;

/** What ONNX Runtime's on-device training keeps in a checkpoint file. Names are unique over both maps. */
export interface Checkpoint {
  /** The parameters that training changes, by name. */
  readonly trainable: ReadonlyMap<string, Tensor>;
  /** The parameters that it leaves alone, by name. */
  readonly frozen: ReadonlyMap<string, Tensor>;
  /** The state of the optimizer; empty where training starts from nothing. */
  readonly optimizerGroups: readonly OptimizerGroup[];
  /** Facts of the user's own, by name. */
  readonly properties: ReadonlyMap<string, PropertyValue>;
  /**
   * Whether the file holds the names and element types of the parameters only; the values are to
   * come from elsewhere. Its parameters have the shape `[]` and no elements at all.
   */
  readonly nominal: boolean;
  /** The version of the file it was read from. */
  readonly version?: CheckpointVersion;
}

/** A fact of the property bag: `bigint` is kept as int64, `number` as float32. */
export type PropertyValue = bigint | number | string;

/** The state of an optimizer for a group of parameters. */
export interface OptimizerGroup {
  /** Its name. ONNX Runtime uses one group, called `group0`. */
  readonly name: string;
  /** Optimizer steps taken. */
  readonly step: number;
  /** The learning rate that schedules start from, as a float32. */
  readonly initialLearningRate: number;
  /** By parameter, then by name (`momentum0`, `momentum1`), shaped like the parameter. */
  readonly moments: ReadonlyMap<string, ReadonlyMap<string, Tensor>>;
}

/** The group that ONNX Runtime takes its state from. */
export const USED_GROUP = "group0";

/** The element types that ONNX Runtime can load from a checkpoint. */
export const LOADABLE_TYPES: ReadonlySet<DataType> = new Set<DataType>([
  "float32",
  "float64",
  "bool",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
]);

/** What stands for a parameter in a nominal checkpoint. */
export function nominalTensor(type: DataType): Tensor {
  return { type, dims: [], data: new (arrayConstructor(type))(0) } as Tensor;
}
