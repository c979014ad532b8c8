import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { digitCnn } from "../../models/digit_cnn.ts";
import { CudaUnavailableError } from "../../src/runtime/cuda_error.ts";
import { cudaSettings } from "../../src/runtime/device.ts";
import { nativeEngine } from "../../src/runtime/native/engine.ts";
import { appendCuda, cudaEntries } from "../../src/runtime/native/provider.ts";
import { problemOf, runtimeFor } from "../../src/runtime/onnxruntime.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";

const reason = await problemOf("cuda");

/** Registers a test of what is said where CUDA does not load. */
function withoutCuda(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: reason === undefined, fn });
}

Deno.test("the options of CUDA are those of ONNX Runtime's provider", () => {
  assertEquals(cudaEntries(cudaSettings({})), {
    device_id: "0",
    use_tf32: "1",
    arena_extend_strategy: "kSameAsRequested",
    enable_cuda_graph: "1",
  });
  const cuda = { deviceId: 1, tf32: false, memoryLimitMiB: 3, graph: false };
  assertEquals(cudaEntries(cudaSettings({ cuda })), {
    device_id: "1",
    use_tf32: "0",
    arena_extend_strategy: "kSameAsRequested",
    enable_cuda_graph: "0",
    gpu_mem_limit: "3145728",
  });
});

withoutCuda("a session on CUDA that is refused says why, by the C API too", async () => {
  const error = await assertRejects(() => runtimeFor("cuda", () => {}), CudaUnavailableError);
  assertStringIncludes(error.message, 'device: "cuda" cannot be used: ');
  assertStringIncludes(error.message, reason!.trim());
  assertStringIncludes(error.message, "graft doctor");
  const engine = nativeEngine()!;
  const options = engine.api.made("CreateSessionOptions");
  const refused = assertThrows(() => appendCuda(engine, options, cudaSettings({})), Error);
  engine.api.release("ReleaseSessionOptions", options);
  assertEquals(refused.message, reason);
});

withoutCuda("functions hand the options of a device on, and check them", async () => {
  const x = tensor("float32", [1, 1, 28, 28], new Float32Array(784));
  const targets = tensor("int64", [1], [3]);
  const gradients = (options: object) =>
    valueAndGrad(digitCnn({ seed: 1 }), { x }, targets, options);
  const deviceOptions = { cuda: { deviceId: 0, tf32: false } };
  await assertRejects(() => gradients({ device: "cuda", deviceOptions }), CudaUnavailableError);
  await gradients({ device: "cpu", deviceOptions });
  const wrong = await assertRejects(
    () => gradients({ deviceOptions: { cuda: { deviceId: -1 } } }),
    RangeError,
  );
  assertStringIncludes(wrong.message, 'valueAndGrad(): option "deviceOptions.cuda.deviceId"');
  await assertRejects(() => gradients({ deviceOptions: { cude: {} } }), TypeError, "cude");
});
