import { join } from "@std/path";
import { isDataType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Graph } from "../onnx/graph.ts";
import { encodeGraph } from "../onnx/write_model.ts";
import { channelBlock } from "./channel_block.ts";
import { CudaUnavailableError } from "./cuda_error.ts";
import type { Device } from "./device.ts";
import { libraryFolder } from "./native/library.ts";
import { nativeEngine, openNative } from "./native/session.ts";
import type { Given, OutputReport, Resident, Runtime, Session, SessionOptions } from "./runtime.ts";
import { WebGpuUnavailableError } from "./webgpu_error.ts";

/** ONNX Runtime on the CPU: by its C API, or by onnxruntime-node where that cannot be had. */
export const cpu: Runtime = {
  device: "cpu",
  // The host's memory is where it computes: there is nothing to be saved.
  keepsResident: false,
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

const accelerated: Readonly<Record<Provider, Runtime>> = {
  cuda: {
    device: "cuda",
    // The binding brings every output home.
    keepsResident: false,
    channelBlock: () => Promise.resolve(1),
    session: (model, options) => open(model, ["cuda", "cpu"], options),
  },
  webgpu: {
    device: "webgpu",
    keepsResident: true,
    channelBlock: () => Promise.resolve(1),
    session: (model, options) => open(model, ["webgpu", "cpu"], options),
  },
};

const ERRORS: Readonly<Record<Provider, new (reason: string) => Error>> = {
  cuda: CudaUnavailableError,
  webgpu: WebGpuUnavailableError,
};

/** A provider of the engine that computes elsewhere than on the CPU. */
export type Provider = "cuda" | "webgpu";

let block: Promise<number> | undefined;

/**
 * The engine for `device`. Throws `CudaUnavailableError` or `WebGpuUnavailableError` where that was
 * asked for and does not load; `auto` calls `note` with one line then and uses the CPU.
 */
export async function runtimeFor(device: Device, note: (line: string) => void): Promise<Runtime> {
  if (device === "cpu" || device === "auto" && !cudaInstalled()) return cpu;
  const provider = device === "auto" ? "cuda" : device;
  const reason = await problemOf(provider);
  if (reason === undefined) return accelerated[provider];
  if (device !== "auto") throw new ERRORS[provider](reason);
  note(`CUDA does not load (${firstLine(reason)}); using the CPU`);
  return cpu;
}

const problems = new Map<Provider, Promise<string | undefined>>();

/** Why a provider does not load; `undefined` where it does. */
export function problemOf(provider: Provider): Promise<string | undefined> {
  let problem = problems.get(provider);
  if (!problem) {
    problem = open(encodeGraph(smallestGraph()), [provider], {}).then(
      (session) => session.release().then(() => undefined),
      (error: Error) => error.message,
    );
    problems.set(provider, problem);
  }
  return problem;
}

/** y = x, to see whether a provider loads. */
export function smallestGraph(): Graph {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const x = graph.addInput("x", "float32", [1]);
  const { outputs } = graph.add("Identity", [x], { outputs: ["y"] });
  Object.assign(outputs[0]!, { type: "float32", shape: [1] });
  graph.outputs.push(outputs[0]!);
  return graph;
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
  { optimise = true, resident = [] }: SessionOptions = {},
): Promise<Session> {
  // Loaded where it is needed only: on the CPU it mostly is not.
  const { InferenceSession, Tensor: EngineTensor } = await import("onnxruntime-node");
  const session = await InferenceSession.create(model, {
    executionProviders,
    graphOptimizationLevel: optimise ? "all" : "disabled",
    logSeverityLevel: 3,
    ...(staysOnGpu(executionProviders) && resident.length > 0 && {
      preferredOutputLocation: Object.fromEntries(resident.map((name) => [name, "gpu-buffer"])),
    }),
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
    runResident: async (feeds) => {
      const fed = Object.entries(feeds).map(([name, one]) => [
        name,
        "isResident" in one ? (one as EngineResident).held : engineTensor(one),
      ]);
      const results = await session.run(Object.fromEntries(fed));
      return given(results as unknown as Record<string, Held>, resident);
    },
    release: () => session.release(),
  };
}

/** Whether the binding can leave outputs where they are: for CUDA it brings every one home. */
function staysOnGpu(providers: readonly string[]): boolean {
  return providers[0] === "webgpu";
}

/** A tensor of onnxruntime-node, wherever its elements are. */
type Held = Tensor & { readonly location: string; dispose(): void };

/** A tensor that stays, by onnxruntime-node's own. */
interface EngineResident extends Resident {
  readonly held: Held;
}

function given(results: Readonly<Record<string, Held>>, resident: readonly string[]): Given {
  const stays = ([name]: readonly [string, Held]) => resident.includes(name);
  const all = Object.entries(results);
  return {
    home: Object.fromEntries(all.filter((one) => !stays(one))),
    resident: Object.fromEntries(
      all.filter(stays).map(([name, held]): [string, EngineResident] => [name, {
        isResident: true,
        type: held.type,
        dims: held.dims,
        held,
        // One that lies at home after all is left to the collector.
        release: () => held.location === "gpu-buffer" && held.dispose(),
      }]),
    ),
  };
}

function firstLine(text: string): string {
  return text.split("\n")[0]!;
}
