import { ONNX_TYPE_NUMBERS } from "../../onnx/types.ts";
import { arrayConstructor, type DataType } from "../../tensor/dtype.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import type { Given, Resident } from "../runtime.ts";
import type { Api } from "./api.ts";

const TYPES = new Map(
  Object.entries(ONNX_TYPE_NUMBERS).map(([type, number]) => [number, type as DataType]),
);

/** Values of the engine by the tensor whose memory they are, for tensors that come again and again. */
const kept = new WeakMap<Tensor, bigint | undefined>();
let registry: FinalizationRegistry<bigint> | undefined;

/** The engine's values of one run. */
export class Values {
  readonly #passing: Deno.PointerValue[] = [];

  constructor(readonly api: Api, readonly host: Deno.PointerValue) {}

  /** The address of a tensor's value; 0 for none. */
  of(one: Tensor | undefined): bigint {
    if (!one) return 0n;
    const known = kept.get(one);
    if (known !== undefined) return known;
    const value = this.#made(one);
    const address = Deno.UnsafePointer.value(value);
    if (kept.has(one)) {
      registry ??= new FinalizationRegistry((old) =>
        this.api.release("ReleaseValue", Deno.UnsafePointer.create(old))
      );
      registry.register(one, address);
      kept.set(one, address);
    } else {
      kept.set(one, undefined);
      this.#passing.push(value);
    }
    return address;
  }

  /** Frees the values of tensors that were seen for the first time. */
  release(): void {
    for (const value of this.#passing) this.api.release("ReleaseValue", value);
  }

  #made({ type, dims, data }: Tensor): Deno.PointerValue {
    const shape = BigInt64Array.from(dims, BigInt);
    return this.api.made(
      "CreateTensorWithDataAsOrtValue",
      this.host,
      data,
      data.byteLength,
      shape,
      dims.length,
      ONNX_TYPE_NUMBERS[type],
    );
  }
}

/** A tensor that the engine made, in memory of our own; the engine's is freed. */
export function copied(api: Api, address: bigint): Tensor {
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
    api.release("ReleaseValue", value);
  }
}

/** A tensor that stays in the engine's own memory. */
export interface NativeResident extends Resident {
  /** Where the engine's value is; 0 once it is freed. */
  address: bigint;
}

/** What a run gave: outputs to stay as they are, the others in memory of our own. */
export function given(
  api: Api,
  names: readonly string[],
  addresses: BigUint64Array,
  resident: readonly string[],
): Given {
  const home: Record<string, Tensor> = {};
  const staying: Record<string, Resident> = {};
  names.forEach((name, at) => {
    if (resident.includes(name)) staying[name] = nativeResident(api, addresses[at]!);
    else home[name] = copied(api, addresses[at]!);
  });
  return { home, resident: staying };
}

function nativeResident(api: Api, address: bigint): NativeResident {
  const value = Deno.UnsafePointer.create(address);
  const { type, shape } = describe(api, api.made("GetTensorTypeAndShape", value), true);
  return {
    isResident: true,
    type: type!,
    dims: shape.map(Number),
    address,
    release() {
      if (this.address !== 0n) api.release("ReleaseValue", Deno.UnsafePointer.create(this.address));
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
