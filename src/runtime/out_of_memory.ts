/**
 * How memory that cannot be had is spoken of: by the engine's arena and the host's allocator, by CUDA
 * and its libraries, by WebGPU (a buffer that was refused is only found out where it is used), and by
 * JavaScript.
 */
const WORDS = [
  /failed to allocate memory|BFCArena|bad_?alloc|bad allocation/i,
  /out of memory|_ALLOC_FAILED|cudaErrorMemoryAllocation/i,
  /invalid buffer|failed to create (a )?buffer|device (is|was)? ?lost|max\w* ?buffer ?size/i,
  // Tensors of more elements than WebGPU can count, or that take more bindings than a shader has.
  /narrowing_error|too many storage buffers/i,
  /array buffer allocation failed|could not allocate memory/i,
];

/** Whether an error says that there was no memory left for what was asked. */
export function isOutOfMemory(error: unknown): boolean {
  const message = error instanceof Error ? error.message : String(error);
  return WORDS.some((words) => words.test(message));
}
