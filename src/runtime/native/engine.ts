import { type Api, openApi } from "./api.ts";

const WARNING = 2;

/** What all sessions share. */
export interface Engine {
  readonly api: Api;
  readonly env: Deno.PointerValue;
  /** Describes memory of the host. */
  readonly host: Deno.PointerValue;
  readonly allocator: Deno.PointerValue;
  /** Addresses of the engine's values that are ours to free and not yet freed. */
  readonly owned: Set<bigint>;
}

let engine: Engine | null | undefined;

/** The engine through its C API, which writes outputs where they are wanted; `null` where it cannot be had. */
export function nativeEngine(): Engine | null {
  if (engine !== undefined) return engine;
  const api = openApi();
  if (!api) return engine = null;
  return engine = {
    api,
    env: api.made("CreateEnv", WARNING, cString("graft")),
    host: api.made("CreateCpuMemoryInfo", 0, 0),
    allocator: api.made("GetAllocatorWithDefaultOptions"),
    owned: new Set(),
  };
}

/** Frees a value of the engine. */
export function freeValue({ api, owned }: Engine, address: bigint): void {
  owned.delete(address);
  api.release("ReleaseValue", Deno.UnsafePointer.create(address));
}

/** A text as C has it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** Addresses of pieces of memory, which must be kept from the collector as long as they are used. */
export function pointers(pieces: readonly Uint8Array<ArrayBuffer>[]): BigUint64Array<ArrayBuffer> {
  return BigUint64Array.from(
    pieces,
    (piece) => Deno.UnsafePointer.value(Deno.UnsafePointer.of(piece)),
  );
}
