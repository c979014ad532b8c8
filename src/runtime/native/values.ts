import { ONNX_TYPE_NUMBERS } from "../../onnx/types.ts";
import { arrayConstructor, type DataType } from "../../tensor/dtype.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import type { Resident } from "../runtime.ts";
import type { Api } from "./api.ts";
import { type Engine, freeValue } from "./engine.ts";

const TYPES = new Map(
  Object.entries(ONNX_TYPE_NUMBERS).map(([type, number]) => [number, type as DataType]),
);

/** Values of the engine by the tensor whose memory they are, for tensors that come again and again. */
const kept = new WeakMap<Tensor, bigint | undefined>();
let registry: FinalizationRegistry<bigint> | undefined;

/** The engine's values of one run. */
export class Values {
  readonly #passing: bigint[] = [];

  constructor(readonly engine: Engine) {}

  /** The address of a tensor's value; 0 for none. */
  of(one: Tensor | undefined): bigint {
    if (!one) return 0n;
    const known = kept.get(one);
    if (known !== undefined) return known;
    const address = this.#made(one);
    if (kept.has(one)) {
      registry ??= new FinalizationRegistry((old) => freeValue(this.engine, old));
      registry.register(one, address);
      kept.set(one, address);
    } else {
      kept.set(one, undefined);
      this.#passing.push(address);
    }
    return address;
  }

  /** Frees the values of tensors that were seen for the first time. */
  release(): void {
    for (const address of this.#passing) freeValue(this.engine, address);
  }

  #made({ type, dims, data }: Tensor): bigint {
    const { api, host, owned } = this.engine;
    const shape = BigInt64Array.from(dims, BigInt);
    const value = api.made(
      "CreateTensorWithDataAsOrtValue",
      host,
      data,
      data.byteLength,
      shape,
      dims.length,
      ONNX_TYPE_NUMBERS[type],
    );
    const address = Deno.UnsafePointer.value(value);
    owned.add(address);
    return address;
  }
}

/** A tensor that the engine made, in memory of our own; the engine's is freed. */
export function copied(engine: Engine, address: bigint): Tensor {
  const { api } = engine;
  const value = Deno.UnsafePointer.create(address);
  try {
    const { type, shape } = describe(api, api.made("GetTensorTypeAndShape", value), true);
    const dims = shape.map(Number);
    const data = new (arrayConstructor(type!))(sizeOf(dims));
    if (data.length > 0) {
      const from = api.made("GetTensorMutableData", value);
      new Deno.UnsafePointerView(from!).copyInto(new Uint8Array(data.buffer));
    }
    return tensor(type!, dims, data as Float32Array<ArrayBuffer>);
  } finally {
    freeValue(engine, address);
  }
}

/** A tensor that stays in the engine's own memory. */
export interface NativeResident extends Resident {
  /** Where the engine's value is; 0 once it is freed. */
  address: bigint;
}

/** A value of the engine, which becomes ours to free, left where it is. */
export function nativeResident(engine: Engine, address: bigint): NativeResident {
  const { api, owned } = engine;
  owned.add(address);
  const value = Deno.UnsafePointer.create(address);
  const { type, shape } = describe(api, api.made("GetTensorTypeAndShape", value), true);
  return {
    isResident: true,
    type: type!,
    dims: shape.map(Number),
    address,
    release() {
      if (this.address !== 0n) freeValue(engine, this.address);
      this.address = 0n;
    },
  };
}

/** Element type and shape, an unknown size by its name. */
export function describe(api: Api, about: Deno.PointerValue, isOwned: boolean) {
  const type = TYPES.get(api.count("GetTensorElementType", about));
  const rank = api.count("GetDimensionsCount", about);
  const dims = new BigInt64Array(rank);
  const names = new BigUint64Array(rank);
  if (rank > 0) {
    api.call("GetDimensions", about, dims, rank);
    api.call("GetSymbolicDimensions", about, names, rank);
  }
  const shape = Array.from(dims, (dim, axis) => {
    if (dim >= 0n) return Number(dim);
    const text = Deno.UnsafePointer.create(names[axis]!);
    return text ? new Deno.UnsafePointerView(text).getCString() : "";
  });
  if (isOwned) api.release("ReleaseTensorTypeAndShapeInfo", about);
  return { type, shape };
}
