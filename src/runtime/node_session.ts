import { isDataType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Given, OutputReport, Resident, Session, SessionOptions } from "./runtime.ts";

/** Makes a serialised model ready to run by onnxruntime-node, which copies every output. */
export async function openByNode(
  model: Uint8Array,
  executionProviders: string[],
  { optimise = true, resident = [] }: SessionOptions = {},
): Promise<Session> {
  // Loaded where it is needed only: on the CPU it mostly is not.
  const { InferenceSession, Tensor: EngineTensor } = await import("onnxruntime-node");
  const session = await InferenceSession.create(model, {
    executionProviders,
    graphOptimizationLevel: optimise ? "all" : "disabled",
    logSeverityLevel: 3,
    ...(staysOnGpu(executionProviders) && resident.length > 0 && {
      preferredOutputLocation: Object.fromEntries(resident.map((name) => [name, "gpu-buffer"])),
    }),
  });
  const outputs = session.outputMetadata.map((output): OutputReport => ({
    name: output.name,
    type: output.isTensor && isDataType(output.type) ? output.type : undefined,
    shape: output.isTensor ? output.shape : [],
  }));
  const engineTensor = (tensor: Tensor) => {
    if (tensor instanceof EngineTensor) return tensor;
    const { type, data, dims } = tensor;
    return new EngineTensor(type as "float32", data as Float32Array, dims);
  };
  return {
    inputs: session.inputNames,
    outputs,
    run: async (feeds, into = {}, wanted = session.outputNames) => {
      const fetches = Object.fromEntries(
        wanted.map((name) => [name, into[name] ? engineTensor(into[name]) : null]),
      );
      const fed = Object.entries(feeds).map(([name, tensor]) => [name, engineTensor(tensor)]);
      const results = await session.run(Object.fromEntries(fed), fetches);
      return results as unknown as Record<string, Tensor>;
    },
    runResident: async (feeds) => {
      const fed = Object.entries(feeds).map(([name, one]) => [
        name,
        "isResident" in one ? (one as EngineResident).held : engineTensor(one),
      ]);
      const results = await session.run(Object.fromEntries(fed));
      return given(results as unknown as Record<string, Held>, resident);
    },
    release: () => session.release(),
  };
}

/** Whether the binding can leave outputs where they are: for CUDA it brings every one home. */
function staysOnGpu(providers: readonly string[]): boolean {
  return providers[0] === "webgpu";
}

/** A tensor of onnxruntime-node, wherever its elements are. */
type Held = Tensor & { readonly location: string; dispose(): void };

/** A tensor that stays, by onnxruntime-node's own. */
interface EngineResident extends Resident {
  readonly held: Held;
}

function given(results: Readonly<Record<string, Held>>, resident: readonly string[]): Given {
  const stays = ([name]: readonly [string, Held]) => resident.includes(name);
  const all = Object.entries(results);
  return {
    home: Object.fromEntries(all.filter((one) => !stays(one))),
    resident: Object.fromEntries(
      all.filter(stays).map(([name, held]): [string, EngineResident] => [name, {
        isResident: true,
        type: held.type,
        dims: held.dims,
        held,
        // One that lies at home after all is left to the collector.
        release: () => held.location === "gpu-buffer" && held.dispose(),
      }]),
    ),
  };
}
