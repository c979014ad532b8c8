/** WebGPU was asked for and cannot be had; the message says what is missing. */
export class WebGpuUnavailableError extends Error {
  /** Its name. */
  override name = "WebGpuUnavailableError";

  /** `reason` is what the engine said. */
  constructor(reason: string) {
    super(
      `device: "webgpu" cannot be used: ${reason.trim()}\n` +
        "What it needs: a graphics card with a driver for Vulkan (Linux: the loader libvulkan.so.1 and the\n" +
        "driver's own file, as in the packages libvulkan1 and mesa-vulkan-drivers or the vendor's), Metal\n" +
        '(macOS) or Direct3D 12 (Windows). Or use device: "auto" or "cpu".',
    );
  }
}
