import { remedyLines, WEBGPU_REMEDY } from "./doctor/remedies.ts";

/** WebGPU was asked for and cannot be had; the message says what is missing. */
export class WebGpuUnavailableError extends Error {
  /** Its name. */
  override name = "WebGpuUnavailableError";

  /** `reason` is what the engine said. */
  constructor(reason: string) {
    super([
      `device: "webgpu" cannot be used: ${reason.trim()}`,
      ...remedyLines(WEBGPU_REMEDY),
      'Or use device: "auto" or "cpu". "graft doctor" looks at all devices.',
    ].join("\n"));
  }
}
