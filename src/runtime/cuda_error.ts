import { CUDA_LIBRARIES } from "./doctor/cuda_libraries.ts";
import { CUDA_REMEDY, remedyLines } from "./doctor/remedies.ts";
import { findLibrary } from "./doctor/shared_library.ts";

/** CUDA was asked for and cannot be had; the message says what is missing and how to install it. */
export class CudaUnavailableError extends Error {
  /** Its name. */
  override name = "CudaUnavailableError";

  /** `reason` is what the engine said. */
  constructor(reason: string) {
    const missing = CUDA_LIBRARIES.map(findLibrary).filter(({ found }) => !found);
    super([
      `device: "cuda" cannot be used: ${reason.trim()}`,
      ...missing.map(({ what, detail }) => `missing: ${what}: ${detail}`),
      ...remedyLines(CUDA_REMEDY),
      'Or use device: "auto", which falls back to the CPU. "graft doctor" looks at all devices.',
    ].join("\n"));
  }
}
