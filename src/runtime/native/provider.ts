import { cString, type Engine, pointers } from "./engine.ts";

/** How CUDA computes. */
export interface CudaSettings {
  /** Which card, from 0 on. */
  readonly deviceId: number;
  /** Whether products of float32 may be rounded to TF32. */
  readonly tf32: boolean;
  /** The most memory that a session takes on the card, in MiB; `undefined` for all. */
  readonly memoryLimitMiB: number | undefined;
  /** Whether steps of training are captured as CUDA graphs. */
  readonly graph: boolean;
}

/** Where a session computes; `undefined` on the CPU. */
export type Provider = CudaSettings | undefined;

/** The provider's own options, by the names of ONNX Runtime. */
export function cudaEntries(
  { deviceId, tf32, memoryLimitMiB, graph }: CudaSettings,
): Readonly<Record<string, string>> {
  return {
    device_id: `${deviceId}`,
    use_tf32: tf32 ? "1" : "0",
    // Sizes are the same in every step: doubling would only set memory aside.
    arena_extend_strategy: "kSameAsRequested",
    enable_cuda_graph: graph ? "1" : "0",
    ...(memoryLimitMiB !== undefined && { gpu_mem_limit: `${memoryLimitMiB * 2 ** 20}` }),
  };
}

/** Adds CUDA to the options of a session. Throws `Error` with the engine's words where it does not load. */
export function appendCuda({ api }: Engine, options: Deno.PointerValue, cuda: CudaSettings): void {
  const made = api.made("CreateCUDAProviderOptions");
  try {
    const entries = Object.entries(cudaEntries(cuda));
    const keys = entries.map(([key]) => cString(key));
    const values = entries.map(([, value]) => cString(value));
    api.call(
      "UpdateCUDAProviderOptions",
      made,
      pointers(keys),
      pointers(values),
      entries.length,
    );
    api.call("SessionOptionsAppendExecutionProvider_CUDA_V2", options, made);
  } finally {
    api.release("ReleaseCUDAProviderOptions", made);
  }
}

/** Describes the memory where a session computes; it lasts as long as the process. */
export function memoryOf({ api, host }: Engine, provider: Provider): Deno.PointerValue {
  if (!provider) return host;
  const { deviceId } = provider;
  let memory = memories.get(deviceId);
  if (memory === undefined) {
    memory = api.made(
      "CreateMemoryInfo",
      Deno.UnsafePointer.of(CUDA),
      ARENA,
      deviceId,
      DEFAULT_MEMORY,
    );
    memories.set(deviceId, memory);
  }
  return memory;
}

/** Of the engine's kinds of allocators, and of memory. */
const ARENA = 1;
const DEFAULT_MEMORY = 0;

/** The engine's name of this memory; some of its versions keep the pointer. */
const CUDA = cString("Cuda");

const memories = new Map<number, Deno.PointerValue>();
