import { type Tensor, tensor } from "../tensor/tensor.ts";
import type { Weights } from "./average/weight_average.ts";

/** How a snapshot of what is trained is taken. */
export interface SnapshotOptions {
  /** An earlier snapshot that nothing needs any more. */
  readonly into?: ReadonlyMap<string, Tensor> | undefined;
  /** Whether to leave out the optimizer's state and what is gathered. @default {false} */
  readonly weightsOnly?: boolean;
}

/** Tensors as they are now, in the arrays of `into` where it has such of their name and length. */
export function copies(
  live: Weights,
  into?: ReadonlyMap<string, Tensor>,
): Map<string, Tensor<"float32">> {
  return new Map([...live].map(([name, { dims, data }]) => {
    const known = into?.get(name)?.data as Float32Array<ArrayBuffer> | undefined;
    const copy = known?.length === data.length ? known : new Float32Array(data.length);
    copy.set(data);
    return [name, tensor("float32", dims, copy)];
  }));
}
