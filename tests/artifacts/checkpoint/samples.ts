import type { Checkpoint } from "../../../src/artifacts/checkpoint/checkpoint.ts";
import type { DataType } from "../../../src/tensor/dtype.ts";
import { sizeOf } from "../../../src/tensor/shape.ts";
import { tensor } from "../../../src/tensor/tensor.ts";

/** Every element type that a checkpoint may hold. */
export const TYPES: readonly DataType[] = [
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
];

/** A checkpoint with everything that a file can hold. */
export function small(): Checkpoint {
  const weight = counted("float32", [5, 7]);
  const bias = counted("float32", [7]);
  return {
    trainable: new Map([["weight", weight], ["über/bias:0", bias]]),
    frozen: new Map([
      ["scalar", counted("float32", [])],
      ["empty", counted("float32", [0, 3])],
      ...TYPES.map((type) => [`of ${type}`, counted(type, [3, 11])] as const),
    ]),
    optimizerGroups: [{
      name: "group0",
      step: 12345,
      initialLearningRate: 0.25,
      moments: new Map([
        ["weight", new Map([["momentum0", weight], ["momentum1", weight]])],
        ["über/bias:0", new Map([["momentum0", bias], ["momentum1", bias]])],
      ]),
    }],
    properties: new Map<string, bigint | number | string>([
      ["epoch", 3n],
      ["least", -(2n ** 63n)],
      ["zero", 0n],
      ["best", 0.5],
      ["never", NaN],
      ["note", "a note – with “signs”"],
      ["", ""],
    ]),
    nominal: false,
  };
}

/** A tensor of numbers that are 0 or 1 for bool and differ otherwise. */
export function counted<T extends DataType>(type: T, dims: readonly number[]) {
  const numbers = Array.from({ length: sizeOf(dims) }, (_, i) => type === "bool" ? i % 2 : i + 1);
  return tensor(type, dims, numbers);
}

/** Pieces of a file as one array. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}
