/** What puts a device right, by where the program runs. */
export interface Remedy {
  /** What is needed in all. */
  readonly needs: string;
  /** The steps, with their commands, by where the program runs. */
  readonly steps: readonly { readonly where: string; readonly commands: readonly string[] }[];
}

/** The version of onnxruntime-node whose provider must be fetched: that of `deno.json`. */
export const ENGINE_VERSION = "1.30.0";

/** How to get CUDA. */
export const CUDA_REMEDY: Remedy = {
  needs: "Linux x64, an NVIDIA driver for CUDA 12, CUDA 12 and cuDNN 9, and ONNX Runtime's CUDA " +
    "provider, which an install script of onnxruntime-node fetches",
  steps: [
    {
      where: 'Deno (in a folder with a deno.json that has "nodeModulesDir": "auto")',
      commands: [
        "deno install --node-modules-dir=auto --allow-scripts=npm:onnxruntime-node " +
        `npm:onnxruntime-node@${ENGINE_VERSION}`,
      ],
    },
    {
      where: "Node",
      commands: [
        `npm install onnxruntime-node@${ENGINE_VERSION} --onnxruntime-node-install=cuda12`,
      ],
    },
    {
      where: "CUDA and cuDNN on Debian or Ubuntu, from NVIDIA's package source",
      commands: ["apt-get install cuda-libraries-12-8 libcudnn9-cuda-12", "ldconfig"],
    },
    {
      where: "A container (the host needs the driver and NVIDIA's container toolkit)",
      commands: ["docker run --gpus all nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04"],
    },
  ],
};

/** How to get WebGPU. */
export const WEBGPU_REMEDY: Remedy = {
  needs: "a graphics card with a driver for Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows)",
  steps: [
    {
      where: "Debian or Ubuntu, AMD and Intel cards; NVIDIA's driver brings its own",
      commands: ["apt-get install libvulkan1 mesa-vulkan-drivers"],
    },
    {
      where: "A container",
      commands: [
        "docker run --device /dev/dri … (AMD, Intel), or --gpus all -e NVIDIA_DRIVER_CAPABILITIES=all",
      ],
    },
  ],
};

/** A remedy as lines of text. */
export function remedyLines({ needs, steps }: Remedy): string[] {
  return [
    `What it needs: ${needs}`,
    ...steps.flatMap(({ where, commands }) => [`${where}:`, ...commands.map((one) => `  ${one}`)]),
  ];
}
