import { ONNX_TYPE_NUMBERS } from "../../onnx/types.ts";
import type { DataType } from "../../tensor/dtype.ts";
import type { Rooms } from "../runtime.ts";
import { openCopies } from "./copies.ts";
import type { Engine } from "./engine.ts";
import type { Provider } from "./provider.ts";
import { nativeResident } from "./values.ts";

/**
 * Memory where `provider` computes, from the allocator of a session that is never run. So nothing in
 * it lies where a captured graph of another session writes between its nodes.
 */
export async function openRooms(engine: Engine, provider: Provider): Promise<Rooms> {
  const { api } = engine;
  const handle = await openCopies(engine, provider, [{ type: "float32", dims: [1] }]);
  const allocator = api.made("CreateAllocator", handle.session, handle.memory);
  return {
    make(type: DataType, dims: readonly number[]) {
      const shape = BigInt64Array.from(dims, BigInt);
      const value = api.made(
        "CreateTensorAsOrtValue",
        allocator,
        shape,
        dims.length,
        ONNX_TYPE_NUMBERS[type],
      );
      return nativeResident(engine, Deno.UnsafePointer.value(value));
    },
    release() {
      api.release("ReleaseAllocator", allocator);
      handle.release();
      return Promise.resolve();
    },
  };
}
