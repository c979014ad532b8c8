import { join } from "@std/path";
import { isDataType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { channelBlock } from "./channel_block.ts";
import { CudaUnavailableError } from "./cuda_error.ts";
import { libraryFolder } from "./native/library.ts";
import { nativeEngine, openNative } from "./native/session.ts";
import type { OutputReport, Runtime, Session, SessionOptions } from "./runtime.ts";

/** Where to compute: `auto` takes CUDA where it loads and says so where it does not. */
export type Device = "auto" | "cpu" | "cuda";

/** ONNX Runtime on the CPU: by its C API, or by onnxruntime-node where that cannot be had. */
export const cpu: Runtime = {
  device: "cpu",
  channelBlock: () => block ??= channelBlock(cpu),
  session: (model, options) => {
    const engine = nativeEngine();
    return engine ? openNative(engine, model, options) : open(model, ["cpu"], options);
  },
};

/** The same by onnxruntime-node, which copies every output. */
export const nodeCpu: Runtime = {
  ...cpu,
  session: (model, options) => open(model, ["cpu"], options),
};

const cuda: Runtime = {
  device: "cuda",
  channelBlock: () => Promise.resolve(1),
  session: (model, options) => open(model, ["cuda", "cpu"], options),
};

let block: Promise<number> | undefined;

/** The smallest model there is: one Identity, to see whether a provider loads. */
const PROBE = Uint8Array.from([
  ...[8, 8, 58, 40, 10, 16, 10, 1, 120, 18, 1, 121, 34, 8, 73, 100, 101, 110, 116, 105, 116, 121],
  ...[18, 1, 112, 90, 9, 10, 1, 120, 18, 4, 10, 2, 8, 1, 98, 6, 10, 1, 121, 18, 1, 0],
]);

/**
 * The engine for `device`. Throws `CudaUnavailableError` where `cuda` was asked for and does not
 * load; `auto` calls `note` with one line then and uses the CPU.
 */
export async function runtimeFor(device: Device, note: (line: string) => void): Promise<Runtime> {
  if (device === "cpu" || device === "auto" && !cudaInstalled()) return cpu;
  const reason = await whyNoCuda();
  if (reason === undefined) return cuda;
  if (device === "cuda") throw new CudaUnavailableError(reason);
  note(`CUDA does not load (${firstLine(reason)}); using the CPU`);
  return cpu;
}

let cudaProblem: Promise<string | undefined> | undefined;

function whyNoCuda(): Promise<string | undefined> {
  cudaProblem ??= open(PROBE, ["cuda"], {}).then(
    (session) => session.release().then(() => undefined),
    (error: Error) => error.message,
  );
  return cudaProblem;
}

/**
 * Whether the CUDA provider lies beside the engine's library. Asking the engine for a provider that
 * is not there makes it complain on stderr.
 */
function cudaInstalled(): boolean {
  const folder = libraryFolder();
  if (folder === undefined) return false;
  try {
    return Deno.statSync(join(folder, "libonnxruntime_providers_cuda.so")).isFile;
  } catch {
    return false;
  }
}

async function open(
  model: Uint8Array,
  executionProviders: string[],
  { optimise = true }: SessionOptions = {},
): Promise<Session> {
  // Loaded where it is needed only: on the CPU it mostly is not.
  const { InferenceSession, Tensor: EngineTensor } = await import("onnxruntime-node");
  const session = await InferenceSession.create(model, {
    executionProviders,
    graphOptimizationLevel: optimise ? "all" : "disabled",
    logSeverityLevel: 3,
  });
  const outputs = session.outputMetadata.map((output): OutputReport => ({
    name: output.name,
    type: output.isTensor && isDataType(output.type) ? output.type : undefined,
    shape: output.isTensor ? output.shape : [],
  }));
  const engineTensor = (tensor: Tensor) => {
    if (tensor instanceof EngineTensor) return tensor;
    const { type, data, dims } = tensor;
    return new EngineTensor(type as "float32", data as Float32Array, dims);
  };
  return {
    inputs: session.inputNames,
    outputs,
    run: async (feeds, into = {}, wanted = session.outputNames) => {
      const fetches = Object.fromEntries(
        wanted.map((name) => [name, into[name] ? engineTensor(into[name]) : null]),
      );
      const fed = Object.entries(feeds).map(([name, tensor]) => [name, engineTensor(tensor)]);
      const results = await session.run(Object.fromEntries(fed), fetches);
      return results as unknown as Record<string, Tensor>;
    },
    release: () => session.release(),
  };
}

function firstLine(text: string): string {
  return text.split("\n")[0]!;
}
