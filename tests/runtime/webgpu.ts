import { existsSync } from "node:fs";
import { problemOf } from "../../src/runtime/onnxruntime.ts";

/** Where Debian's package chromium has a Vulkan driver that computes on the CPU. */
const SOFTWARE_DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";

const reason = await whySkipped();

/**
 * Registers a test that needs WebGPU; where there is none it is skipped and its name says why. All of
 * them belong in one file: the engine does not bear WebGPU in two threads of a process.
 */
export function webGpuTest(name: string, test: () => Promise<void>): void {
  const skipped = reason === undefined ? "" : ` (skipped: ${reason})`;
  Deno.test({ name: name + skipped, ignore: reason !== undefined, fn: test });
}

async function whySkipped(): Promise<string | undefined> {
  if (Deno.build.os === "linux") {
    const given = Deno.env.get("VK_DRIVER_FILES");
    if (given === undefined && !existsSync(SOFTWARE_DRIVER)) {
      return "VK_DRIVER_FILES is not set, and Debian's package chromium is not there";
    }
    if (given === undefined) Deno.env.set("VK_DRIVER_FILES", SOFTWARE_DRIVER);
  }
  return (await problemOf("webgpu"))?.split("\n")[0];
}
