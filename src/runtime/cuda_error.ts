/** CUDA was asked for and cannot be had; the message says what is missing and how to install it. */
export class CudaUnavailableError extends Error {
  /** Its name. */
  override name = "CudaUnavailableError";

  /** `reason` is what the engine said. */
  constructor(reason: string) {
    super(
      `device: "cuda" cannot be used: ${reason.trim()}\n` +
        "What it needs: Linux x64, an NVIDIA driver, CUDA 12 with cuDNN 9, and ONNX Runtime's CUDA provider\n" +
        "(libonnxruntime_providers_cuda.so). The provider is fetched by an install script of the npm package\n" +
        "onnxruntime-node, which Deno runs only when it is allowed to. In a folder with a deno.json, run\n" +
        "  deno install --node-modules-dir=auto --allow-scripts=npm:onnxruntime-node npm:onnxruntime-node@1.30.0\n" +
        'and keep "nodeModulesDir": "auto" in deno.json. Or use device: "auto", which falls back to the CPU.',
    );
  }
}
