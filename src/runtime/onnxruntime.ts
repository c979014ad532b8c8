import { join } from "@std/path";
import { encodeGraph } from "../onnx/write_model.ts";
import { channelBlock } from "./channel_block.ts";
import { copyingGraph } from "./copying_graph.ts";
import { CudaUnavailableError } from "./cuda_error.ts";
import { cudaSettings, type Device, type DeviceOptions } from "./device.ts";
import { nativeEngine } from "./native/engine.ts";
import { libraryFolder } from "./native/library.ts";
import type { CudaSettings } from "./native/provider.ts";
import { openRooms } from "./native/rooms.ts";
import { openNative } from "./native/session.ts";
import { capturedOrNot } from "./native/uncaptured.ts";
import { openByNode } from "./node_session.ts";
import type { Runtime } from "./runtime.ts";
import { WebGpuUnavailableError } from "./webgpu_error.ts";

/** ONNX Runtime on the CPU: by its C API, or by onnxruntime-node where that cannot be had. */
export const cpu: Runtime = {
  device: "cpu",
  // The host's memory is where it computes: there is nothing to be saved.
  keepsResident: false,
  readsShared: () => nativeEngine() !== undefined,
  channelBlock: () => block ??= channelBlock(cpu),
  rooms: async () => {
    const engine = nativeEngine();
    return engine ? await openRooms(engine, undefined) : undefined;
  },
  session: (model, options) => {
    const engine = nativeEngine();
    return engine ? openNative(engine, model, options) : openByNode(model, ["cpu"], options);
  },
};

/** The same by onnxruntime-node, which copies every output. */
export const nodeCpu: Runtime = {
  ...cpu,
  readsShared: () => false,
  rooms: noRooms,
  session: (model, options) => openByNode(model, ["cpu"], options),
};

const webGpu = byNode("webgpu", true);
/** CUDA by onnxruntime-node, whose binding brings every output home. */
const nodeCuda = byNode("cuda", false);

/** CUDA by the engine's C API. */
function nativeCuda(settings: CudaSettings, note: (line: string) => void): Runtime {
  const engine = nativeEngine()!;
  const open = (model: Uint8Array, options: Parameters<Runtime["session"]>[1], graph: boolean) =>
    openNative(engine, model, { ...options, provider: { ...settings, graph } });
  return {
    ...nodeCuda,
    keepsResident: true,
    rooms: () => openRooms(engine, settings),
    session: (model, options) =>
      settings.graph && options?.captures
        ? capturedOrNot((captures) => open(model, options, captures), note)
        : open(model, options, false),
  };
}

/** A device by onnxruntime-node. */
function byNode(device: Provider, keepsResident: boolean): Runtime {
  return {
    device,
    keepsResident,
    readsShared: () => false,
    channelBlock: () => Promise.resolve(1),
    rooms: noRooms,
    session: (model, options) => openByNode(model, [device, "cpu"], options),
  };
}

function noRooms(): Promise<undefined> {
  return Promise.resolve(undefined);
}

/** A provider of the engine that computes elsewhere than on the CPU. */
export type Provider = "cuda" | "webgpu";

let block: Promise<number> | undefined;

/**
 * The engine for `device`. Throws `CudaUnavailableError` or `WebGpuUnavailableError` where that was
 * asked for and does not load; `auto` calls `note` with one line then and uses the CPU.
 */
export async function runtimeFor(
  device: Device,
  note: (line: string) => void,
  options: DeviceOptions = {},
): Promise<Runtime> {
  if (device === "cpu" || device === "auto" && !cudaInstalled()) return cpu;
  if (device === "webgpu") {
    const reason = await problemOf("webgpu");
    if (reason !== undefined) throw new WebGpuUnavailableError(reason);
    return webGpu;
  }
  const settings = cudaSettings(options);
  const reason = await problemOf("cuda", settings.deviceId);
  if (reason !== undefined) {
    if (device === "cuda") throw new CudaUnavailableError(reason);
    note(`CUDA does not load (${firstLine(reason)}); using the CPU`);
    return cpu;
  }
  if (nativeEngine()) return nativeCuda(settings, note);
  if (options.cuda) {
    throw new Error(
      'The options of CUDA need the engine\'s C API: run with --allow-ffi, or leave "deviceOptions" out',
    );
  }
  note(
    "CUDA without --allow-ffi: parameters and gradients travel to the card and back in each step",
  );
  return nodeCuda;
}

const problems = new Map<string, Promise<string | undefined>>();

/** Why a provider does not load; `undefined` where it does. */
export function problemOf(provider: Provider, deviceId = 0): Promise<string | undefined> {
  const key = `${provider} ${deviceId}`;
  let problem = problems.get(key);
  if (!problem) {
    problem = openSmallest(provider, deviceId).then(
      (session) => session.release().then(() => undefined),
      (error: Error) => error.message,
    );
    problems.set(key, problem);
  }
  return problem;
}

/** Opens the smallest graph, to see whether a provider loads. */
function openSmallest(provider: Provider, deviceId: number) {
  const bytes = encodeGraph(copyingGraph([["x", { type: "float32", dims: [1] }]]));
  const engine = nativeEngine();
  if (provider === "webgpu" || !engine) return openByNode(bytes, [provider], {});
  const settings = { ...cudaSettings({ cuda: { deviceId } }), graph: false };
  return openNative(engine, bytes, { provider: settings });
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

function firstLine(text: string): string {
  return text.split("\n")[0]!;
}
