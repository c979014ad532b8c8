import { libraryFile } from "./library.ts";

/** Version of the C API whose table is asked for; later engines answer to it too. */
const API_VERSION = 17;

/** Types of the parameters that the functions used here have. */
type Kind = "pointer" | "buffer" | "usize" | "i32" | "u32";

/**
 * Functions of the C API: their places in its table, which are fixed for ever, and the types of
 * their parameters. Those that do not release anything return a status, but for the first. (onnxruntime_c_api.h)
 */
const FUNCTIONS = {
  GetErrorMessage: [2, ["pointer"]],
  CreateEnv: [3, ["i32", "buffer", "buffer"]],
  CreateSessionFromArray: [8, ["pointer", "buffer", "usize", "pointer", "buffer"]],
  Run: [9, ["pointer", "pointer", "buffer", "buffer", "usize", "buffer", "usize", "buffer"]],
  CreateSessionOptions: [10, ["buffer"]],
  DisableMemPattern: [17, ["pointer"]],
  SetSessionLogSeverityLevel: [22, ["pointer", "i32"]],
  SetSessionGraphOptimizationLevel: [23, ["pointer", "i32"]],
  SessionGetInputCount: [30, ["pointer", "buffer"]],
  SessionGetOutputCount: [31, ["pointer", "buffer"]],
  SessionGetOutputTypeInfo: [34, ["pointer", "usize", "buffer"]],
  SessionGetInputName: [36, ["pointer", "usize", "pointer", "buffer"]],
  SessionGetOutputName: [37, ["pointer", "usize", "pointer", "buffer"]],
  CreateRunOptions: [39, ["buffer"]],
  CreateTensorAsOrtValue: [48, ["pointer", "buffer", "usize", "i32", "buffer"]],
  CreateTensorWithDataAsOrtValue: [
    49,
    ["pointer", "buffer", "usize", "buffer", "usize", "i32", "buffer"],
  ],
  GetTensorMutableData: [51, ["pointer", "buffer"]],
  CastTypeInfoToTensorInfo: [55, ["pointer", "buffer"]],
  GetTensorElementType: [60, ["pointer", "buffer"]],
  GetDimensionsCount: [61, ["pointer", "buffer"]],
  GetDimensions: [62, ["pointer", "buffer", "usize"]],
  GetSymbolicDimensions: [63, ["pointer", "buffer", "usize"]],
  GetTensorTypeAndShape: [65, ["pointer", "buffer"]],
  CreateMemoryInfo: [68, ["pointer", "i32", "i32", "i32", "buffer"]],
  CreateCpuMemoryInfo: [69, ["i32", "i32", "buffer"]],
  AllocatorFree: [76, ["pointer", "pointer"]],
  GetAllocatorWithDefaultOptions: [78, ["buffer"]],
  ReleaseStatus: [93, ["pointer"]],
  ReleaseSession: [95, ["pointer"]],
  ReleaseValue: [96, ["pointer"]],
  ReleaseRunOptions: [97, ["pointer"]],
  ReleaseTypeInfo: [98, ["pointer"]],
  ReleaseTensorTypeAndShapeInfo: [99, ["pointer"]],
  ReleaseSessionOptions: [100, ["pointer"]],
  AddSessionConfigEntry: [130, ["pointer", "buffer", "buffer"]],
  CreateAllocator: [131, ["pointer", "pointer", "buffer"]],
  ReleaseAllocator: [132, ["pointer"]],
  RunWithBinding: [133, ["pointer", "pointer", "pointer"]],
  CreateIoBinding: [134, ["pointer", "buffer"]],
  ReleaseIoBinding: [135, ["pointer"]],
  BindInput: [136, ["pointer", "buffer", "pointer"]],
  BindOutput: [137, ["pointer", "buffer", "pointer"]],
  BindOutputToDevice: [138, ["pointer", "buffer", "pointer"]],
  GetBoundOutputValues: [140, ["pointer", "pointer", "buffer", "buffer"]],
  AddRunConfigEntry: [165, ["pointer", "buffer", "buffer"]],
  SynchronizeBoundInputs: [202, ["pointer"]],
  SynchronizeBoundOutputs: [203, ["pointer"]],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, ["pointer", "pointer"]],
  CreateCUDAProviderOptions: [205, ["buffer"]],
  UpdateCUDAProviderOptions: [206, ["pointer", "buffer", "buffer", "usize"]],
  ReleaseCUDAProviderOptions: [208, ["pointer"]],
} as const satisfies Record<string, readonly [number, readonly Kind[]]>;

/** A function of the C API by name. */
export type ApiName = keyof typeof FUNCTIONS;

/** A pointer, a piece of memory or a number, as the C functions take them. */
export type Argument = Deno.PointerValue | BufferSource | number | bigint;

/** What the C API gives. */
export interface Api {
  /** Calls a function that releases something. */
  release(name: ApiName, pointer: Deno.PointerValue): void;
  /** Calls a function that returns a status. Throws `Error` with the engine's words where it failed. */
  call(name: ApiName, ...parameters: Argument[]): void;
  /** The same in a thread of its own; the memory handed over must stay as it is until then. */
  later(name: ApiName, ...parameters: Argument[]): Promise<void>;
  /** The pointer that a function writes into its last parameter. */
  made(name: ApiName, ...parameters: Argument[]): Deno.PointerValue;
  /** The number that a function writes into its last parameter. */
  count(name: ApiName, ...parameters: Argument[]): number;
}

type Caller = (...parameters: Argument[]) => Deno.PointerValue;

/**
 * The C API of the engine that onnxruntime-node ships; `undefined` where its library is not found, or
 * foreign functions are not allowed.
 */
export function openApi(): Api | undefined {
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
  const file = libraryFile();
  if (file === undefined) return undefined;
  try {
    const { symbols } = Deno.dlopen(file, { OrtGetApiBase: { parameters: [], result: "pointer" } });
    const base = new Deno.UnsafePointerView(symbols.OrtGetApiBase()!);
    const getApi = new Deno.UnsafeFnPointer(base.getPointer(0)!, {
      parameters: ["u32"],
      result: "pointer",
    });
    const table = getApi.call(API_VERSION);
    return table ? apiOf(new Deno.UnsafePointerView(table)) : undefined;
  } catch {
    return undefined;
  }
}

function apiOf(table: Deno.UnsafePointerView): Api {
  const callers = new Map<string, Caller>();
  const caller = (name: ApiName, nonblocking: boolean): Caller => {
    const key = `${name} ${nonblocking}`;
    const known = callers.get(key);
    if (known) return known;
    const [place, parameters] = FUNCTIONS[name];
    const result = name.startsWith("Release") ? "void" : "pointer";
    const made = new Deno.UnsafeFnPointer(table.getPointer(8 * place)!, {
      parameters: parameters as unknown as "pointer"[],
      result: result as "pointer",
      nonblocking: nonblocking as false,
    });
    const call = made.call.bind(made) as unknown as Caller;
    callers.set(key, call);
    return call;
  };
  const check = (status: Deno.PointerValue): void => {
    if (!status) return;
    const text = caller("GetErrorMessage", false)(status);
    const message = new Deno.UnsafePointerView(text!).getCString();
    caller("ReleaseStatus", false)(status);
    throw new Error(message);
  };
  const call = (name: ApiName, ...parameters: Argument[]) =>
    check(caller(name, false)(...parameters));
  const written = (name: ApiName, parameters: readonly Argument[]): bigint => {
    const slot = new BigUint64Array(1);
    call(name, ...parameters, slot);
    return slot[0]!;
  };
  return {
    release: (name, pointer) => void caller(name, false)(pointer),
    call,
    later: async (name, ...parameters) => check(await caller(name, true)(...parameters)),
    made: (name, ...parameters) => Deno.UnsafePointer.create(written(name, parameters)),
    count: (name, ...parameters) => Number(written(name, parameters) & 0xffffffffn),
  };
}
