import { sameShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  type Checkpoint,
  LOADABLE_TYPES,
  type OptimizerGroup,
  type PropertyValue,
  USED_GROUP,
} from "./checkpoint.ts";

/**
 * Throws `TypeError` for what a checkpoint file cannot hold and `RangeError` for what ONNX Runtime
 * would not take, such as moments for some of the trainable parameters only.
 */
export function checkCheckpoint(checkpoint: Checkpoint): void {
  for (const name of checkpoint.frozen.keys()) {
    if (checkpoint.trainable.has(name)) {
      throw new RangeError(`Parameter "${name}" cannot be both trainable and frozen`);
    }
  }
  for (const [name, tensor] of [...checkpoint.trainable, ...checkpoint.frozen]) {
    checkTensor(`parameter "${name}"`, tensor, checkpoint.nominal);
  }
  const names = new Set<string>();
  for (const group of checkpoint.optimizerGroups) {
    if (names.has(group.name)) throw new RangeError(`Two optimizer groups are "${group.name}"`);
    names.add(group.name);
    checkGroup(group, checkpoint);
  }
  checkpoint.properties.forEach(checkProperty);
}

function checkTensor(what: string, { type, dims, data }: Tensor, nominal: boolean): void {
  if (!LOADABLE_TYPES.has(type)) {
    throw new TypeError(
      `Cannot write ${what}: ONNX Runtime loads no ${type} tensors from checkpoints; ` +
        `the types it loads are ${[...LOADABLE_TYPES].join(", ")}`,
    );
  }
  if (nominal) return;
  const valid = dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0);
  if (!valid || sizeOf(dims) !== data.length) {
    throw new RangeError(
      `Cannot write ${what}: it has the shape [${dims}] and ${data.length} elements`,
    );
  }
}

function checkGroup(group: OptimizerGroup, { trainable, nominal }: Checkpoint): void {
  const what = `optimizer group "${group.name}"`;
  if (!Number.isSafeInteger(group.step) || group.step < 0) {
    throw new RangeError(`The step of ${what} must be an integer from 0 on, found ${group.step}`);
  }
  for (const [name, moments] of group.moments) {
    const parameter = trainable.get(name);
    if (!parameter) {
      throw new RangeError(`The ${what} has moments of "${name}", which is not trainable`);
    }
    for (const [moment, tensor] of moments) {
      checkTensor(`"${moment}" of "${name}"`, tensor, false);
      if (nominal || sameShape(parameter.dims, tensor.dims)) continue;
      throw new RangeError(
        `"${moment}" of "${name}" has the shape [${tensor.dims}], ` +
          `the parameter [${parameter.dims}]`,
      );
    }
  }
  if (group.name !== USED_GROUP || group.moments.size === 0) return;
  const lacking = [...trainable.keys()].filter((name) => !group.moments.has(name));
  if (lacking.length === 0) return;
  throw new RangeError(
    `The ${what} has moments of some parameters, and none of "${lacking.join('", "')}"; ` +
      "give those of all trainable parameters, or none",
  );
}

function checkProperty(value: PropertyValue, name: string): void {
  if (typeof value === "bigint" && BigInt.asIntN(64, value) !== value) {
    throw new RangeError(`Property "${name}" must fit in 64 bits, found ${value}`);
  }
}
