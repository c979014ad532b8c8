import { arch, platform } from "node:process";
import { join } from "@std/path";
import { libraryFolder } from "../native/library.ts";
import { nativeEngine } from "../native/engine.ts";
import { problemOf } from "../onnxruntime.ts";
import { CUDA_LIBRARIES, PROVIDER_FILES } from "./cuda_libraries.ts";
import { CUDA_REMEDY, type Remedy, WEBGPU_REMEDY } from "./remedies.ts";
import { type Finding, findLibrary } from "./shared_library.ts";

/** What is there for one device, and whether it can be used. */
export interface DeviceExamination {
  /** The device, as the option `device` names it. */
  readonly device: "cpu" | "cuda" | "webgpu";
  /** Whether the engine loads it. */
  readonly usable: boolean;
  /** What the engine said where it does not. */
  readonly reason?: string;
  /** What was looked for. */
  readonly findings: readonly Finding[];
  /** What puts it right, where it is not usable. */
  readonly remedy?: Remedy;
}

/** Looks for what each device needs, and tries each. */
export async function examine(): Promise<DeviceExamination[]> {
  return [cpuExamination(), await cudaExamination(), await webGpuExamination()];
}

function cpuExamination(): DeviceExamination {
  const engine = nativeEngine();
  const detail = engine
    ? "outputs are written where they are wanted"
    : "not used: it needs --allow-ffi; the package's own binding computes, and copies outputs";
  const findings = [{ what: "C API of the engine", found: engine !== null, detail }];
  return { device: "cpu", usable: true, findings };
}

/** What CUDA needs, each part tried, and whether the engine takes it. */
export async function cudaExamination(): Promise<DeviceExamination> {
  const isPossible = platform === "linux" && arch === "x64";
  const system: Finding = {
    what: "System that the provider exists for (Linux x64)",
    found: isPossible,
    detail: `${platform} ${arch}`,
  };
  if (!isPossible) {
    const reason = "ONNX Runtime's npm package has a CUDA provider for Linux x64 only";
    return { device: "cuda", usable: false, reason, findings: [system] };
  }
  const provider = PROVIDER_FILES.map(providerFile);
  const findings = [system, ...provider, ...CUDA_LIBRARIES.map(findLibrary)];
  // Asking for a provider whose files are not there makes the engine complain on stderr.
  const absent = provider.find(({ found }) => !found);
  const reason = absent ? `${absent.what}: ${absent.detail}` : await problemOf("cuda");
  return reason === undefined
    ? { device: "cuda", usable: true, findings }
    : { device: "cuda", usable: false, reason, findings, remedy: CUDA_REMEDY };
}

function providerFile(name: string): Finding {
  const folder = libraryFolder();
  if (folder === undefined) {
    return { what: name, found: false, detail: "the package onnxruntime-node was not found" };
  }
  try {
    Deno.statSync(join(folder, name));
    return { what: name, found: true, detail: folder };
  } catch {
    return { what: name, found: false, detail: `not in ${folder}` };
  }
}

async function webGpuExamination(): Promise<DeviceExamination> {
  const findings = platform === "linux" ? [findLibrary(VULKAN), ...driverFiles()] : [];
  const loader = findings[0];
  const reason = loader && !loader.found
    ? `${loader.what}: ${loader.detail}`
    : await problemOf("webgpu");
  return reason === undefined
    ? { device: "webgpu", usable: true, findings }
    : { device: "webgpu", usable: false, reason, findings, remedy: WEBGPU_REMEDY };
}

const VULKAN = {
  file: "libvulkan.so.1",
  what: "Vulkan loader",
  version: {
    symbol: "vkEnumerateInstanceVersion",
    how: "written",
    text: (version: number) => `${version >>> 22}.${version >>> 12 & 1023}.${version & 4095}`,
  },
} as const;

/** The files that tell the Vulkan loader of drivers. */
function driverFiles(): Finding[] {
  const what = "Vulkan drivers";
  const given = Deno.env.get("VK_DRIVER_FILES") ?? Deno.env.get("VK_ICD_FILENAMES");
  const files = given?.split(":") ?? DRIVER_FOLDERS.flatMap(filesOf);
  return [
    files.length > 0
      ? { what, found: true, detail: files.join(", ") }
      : { what, found: false, detail: `no file in ${DRIVER_FOLDERS.join(", ")}` },
  ];
}

const DRIVER_FOLDERS = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

function filesOf(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".json"))
      .map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
}
