import type { LibraryQuery } from "./shared_library.ts";

/** 12040 as 12.4, as the CUDA driver and runtime count. */
const cudaVersion = (version: number) =>
  `${Math.floor(version / 1000)}.${Math.floor(version % 1000 / 10)}`;

/** 90100 as 9.1.0, as cuDNN counts since its version 9. */
const cudnnVersion = (version: number) =>
  `${Math.floor(version / 10000)}.${Math.floor(version / 100) % 100}.${version % 100}`;

/** What ONNX Runtime's CUDA provider, built for CUDA 12 and cuDNN 9, is linked to. */
export const CUDA_LIBRARIES: readonly LibraryQuery[] = [
  {
    file: "libcuda.so.1",
    what: "NVIDIA driver, newest CUDA it can run",
    version: { symbol: "cuDriverGetVersion", how: "written", text: cudaVersion },
  },
  {
    file: "libcudart.so.12",
    what: "CUDA runtime",
    version: { symbol: "cudaRuntimeGetVersion", how: "written", text: cudaVersion },
  },
  { file: "libcublas.so.12", what: "cuBLAS" },
  { file: "libcublasLt.so.12", what: "cuBLAS Lt" },
  { file: "libcufft.so.11", what: "cuFFT" },
  { file: "libcurand.so.10", what: "cuRAND" },
  {
    file: "libcudnn.so.9",
    what: "cuDNN",
    version: { symbol: "cudnnGetVersion", how: "returned", text: cudnnVersion },
  },
];

/** The CUDA provider itself, in the order in which the engine loads its parts. */
export const PROVIDER_FILES = [
  "libonnxruntime_providers_shared.so",
  "libonnxruntime_providers_cuda.so",
] as const;
