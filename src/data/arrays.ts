import { z } from "zod";
import type { Dataset, Example, Image } from "../tensor/dataset.ts";
import { checkOptions } from "../tensor/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkTargets, checkWeights, commonLength } from "./array_checks.ts";
import { checkIndex, pictureDataset } from "./picture_dataset.ts";
import { fingerprintOfTensor } from "./fingerprint.ts";
import { imageAt, rowOf } from "./rows.ts";

/** Options of `arrays`. The first axis of every tensor runs over the N examples. */
export interface ArraysOptions {
  /** Tensors by the names of the network's inputs, `[N, …]` each. */
  readonly inputs?: Readonly<Record<string, Tensor>>;
  /** Pictures of 8 bits: uint8 `[N, height, width, 3]` RGB, `[N, height, width, 1]` or `[N, height, width]` grey. */
  readonly images?: Tensor;
  /** Integers `[N]` are class indices; any other tensor gives each example a row of it. */
  readonly targets?: Tensor;
  /** How much each example counts in the loss: floats `[N]`. @default 1 each */
  readonly weights?: Tensor;
  /** Names of the classes; targets are positions in this list. */
  readonly classes?: readonly string[];
}

const tensorSchema = z.custom<Tensor>((value) =>
  typeof value === "object" && value !== null && "type" in value && "dims" in value &&
  "data" in value
).describe("a tensor { type, dims, data }");

const schema = z.strictObject({
  inputs: z.record(z.string(), tensorSchema).optional(),
  images: tensorSchema.optional(),
  targets: tensorSchema.optional(),
  weights: tensorSchema.optional(),
  classes: z.array(z.string()).min(1).optional(),
});

const INTEGERS: readonly string[] = [
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
];

/**
 * A dataset of examples in memory. Nothing is copied: examples are views of the tensors given.
 * Pictures under `images` can be prepared for a network and augmented like those of a folder.
 * Throws `TypeError` for wrong types, shapes and lengths, `RangeError` for a class index out of
 * range.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arrays } from "@graft/graft";
 *
 * const x = { type: "float32", dims: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const;
 * const targets = { type: "int64", dims: [2], data: BigInt64Array.of(1n, 0n) } as const;
 * const dataset = arrays({ inputs: { x }, targets });
 * const example = await dataset.get(1);
 * assertEquals(example?.inputs?.x?.data, Float32Array.of(4, 5, 6));
 * assertEquals(example?.target, 0);
 * ```
 */
export function arrays(options: ArraysOptions): Dataset {
  const { inputs, images, targets, weights, classes } = checkOptions("arrays", schema, options);
  const length = commonLength({
    ...Object.fromEntries(Object.entries(inputs ?? {}).map(([name, t]) => [`inputs.${name}`, t])),
    ...(images && { images }),
    ...(targets && { targets }),
    ...(weights && { weights }),
  });
  if (inputs === undefined && images === undefined) {
    throw new TypeError(`arrays(): give "inputs" or "images", found neither`);
  }
  if (weights) checkWeights(weights);
  const isIndex = targets !== undefined && targets.dims.length === 1 &&
    INTEGERS.includes(targets.type);
  if (isIndex) checkTargets(targets, classes);
  const targetOf = (index: number) =>
    targets && (isIndex ? Number(targets.data[index]) : rowOf(targets, index));
  const weightOf = (index: number) => weights && Number(weights.data[index]);
  const rest = (index: number): Pick<Example, "target" | "weight"> => {
    const target = targetOf(index);
    const weight = weightOf(index);
    return { ...(target !== undefined && { target }), ...(weight !== undefined && { weight }) };
  };
  const inputsOf = (index: number) =>
    inputs &&
    Object.fromEntries(Object.entries(inputs).map(([name, t]) => [name, rowOf(t, index)]));
  if (images !== undefined) {
    return picturesOf({
      length,
      imageOf: imageAt(images),
      rest,
      inputsOf,
      classes,
      inputsFingerprint: () => fingerprintOf(inputs ?? {}),
    });
  }
  return {
    length,
    ...(classes && { classes }),
    get(index): Example {
      checkIndex(index, length);
      return { inputs: inputsOf(index)!, ...rest(index) };
    },
    ...(isIndex && { target: (index: number) => Number(targets.data[index]) }),
    fingerprint: () => fingerprintOf({ ...inputs, targets, weights }),
  };
}

/** Of tensors by name. */
async function fingerprintOf(tensors: Readonly<Record<string, Tensor | undefined>>) {
  const parts = Object.entries(tensors).map(async ([name, one]) =>
    `${name} ${one && await fingerprintOfTensor(one)}`
  );
  return (await Promise.all(parts)).join("\n");
}

function picturesOf(
  { length, imageOf, rest, inputsOf, inputsFingerprint, classes }: {
    length: number;
    inputsFingerprint: () => Promise<string>;
    imageOf: (index: number) => Image;
    rest: (index: number) => Pick<Example, "target" | "weight">;
    inputsOf: (index: number) => Record<string, Tensor> | undefined;
    classes: readonly string[] | undefined;
  },
): Dataset {
  const dataset = pictureDataset({
    length,
    source: imageOf,
    name: (index) => `image ${index}`,
    label: rest,
    ...(classes && { classes }),
    onUnreadable: "error",
  });
  const withInputs = (plain: Dataset): Dataset => ({
    ...plain,
    fingerprint: async () => {
      const pictures = await plain.fingerprint!();
      return pictures && `${pictures}\n${await inputsFingerprint()}`;
    },
    async get(index, epoch) {
      const example = await plain.get(index, epoch);
      const inputs = inputsOf(index);
      return inputs === undefined
        ? example
        : { ...example, inputs: { ...example?.inputs, ...inputs } };
    },
  });
  return { ...withInputs(dataset), prepare: (options) => withInputs(dataset.prepare(options)) };
}
