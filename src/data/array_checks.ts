import { arrayConstructor, isDataType } from "../tensor/dtype.ts";
import { show } from "../tensor/options.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkClassIndex } from "./class_index.ts";

/** The first axis that all tensors share. Throws `TypeError` for a malformed tensor or another length. */
export function commonLength(tensors: Readonly<Record<string, Tensor>>): number {
  let first: [string, number] | undefined;
  for (const [name, tensor] of Object.entries(tensors)) {
    checkTensor(name, tensor);
    const length = tensor.dims[0]!;
    first ??= [name, length];
    if (length !== first[1]) {
      throw new TypeError(
        `arrays(): all tensors need the same first axis (the examples); "${first[0]}" has ` +
          `${first[1]}, "${name}" has ${length}`,
      );
    }
  }
  return first?.[1] ?? 0;
}

function checkTensor(name: string, { type, dims, data }: Tensor): void {
  const what = `arrays(): "${name}"`;
  if (!isDataType(type)) throw new TypeError(`${what} has an unknown type ${show(type)}`);
  const expected = arrayConstructor(type);
  const isHalf = type === "float16" && data.constructor.name === "Float16Array";
  if (!(data instanceof expected) && !isHalf) {
    throw new TypeError(`${what} of type ${type} needs a ${expected.name}, found ${show(data)}`);
  }
  if (dims.length === 0) {
    throw new TypeError(`${what} needs a first axis over the examples, found a scalar`);
  }
  if (sizeOf(dims) !== data.length) {
    throw new TypeError(
      `${what} of shape [${dims}] needs ${sizeOf(dims)} elements, found ${data.length}`,
    );
  }
}

/** Throws `TypeError` unless `weights` are floats `[N]`, `RangeError` where one is negative. */
export function checkWeights(weights: Tensor): void {
  const isFloats = weights.type === "float32" || weights.type === "float64";
  if (isFloats && weights.dims.length === 1) {
    const data = weights.data as Float32Array;
    const wrong = data.findIndex((weight) => !(Number.isFinite(weight) && weight >= 0));
    if (wrong < 0) return;
    throw new RangeError(
      `arrays(): the weight of example ${wrong} must be a finite number, 0 or more, found ` +
        data[wrong],
    );
  }
  throw new TypeError(
    `arrays(): "weights" must be float32 or float64 of shape [N], found ${weights.type} ` +
      `[${weights.dims}]`,
  );
}

/** Throws `RangeError` for a target that is no class index. */
export function checkTargets(targets: Tensor, classes: readonly string[] | undefined): void {
  for (let index = 0; index < targets.data.length; index++) {
    checkClassIndex(
      Number(targets.data[index]),
      classes,
      `arrays(): the target of example ${index}`,
    );
  }
}
