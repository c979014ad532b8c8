import { attachImageInput, IMAGES } from "../artifacts/image_input.ts";
import type { Graph } from "../onnx/graph.ts";
import type { Model } from "../onnx/model.ts";
import { normalise } from "../onnx/passes/normalise.ts";
import { encodeGraph } from "../onnx/write_model.ts";
import type { Runtime, Session } from "../runtime/runtime.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkInputs } from "./check_inputs.ts";
import type { HostBatch } from "./loader.ts";
import { pictureInput } from "./specialise.ts";

/** Runs a graph of a model over batches; ready for the sizes of the batch at hand. */
export interface Forward {
  /** The graph's outputs for a batch. */
  run(batch: HostBatch): Promise<Record<string, Tensor>>;
  /** Frees the engine's memory. */
  release(): Promise<void>;
}

/** A forward pass through `graph`, which belongs to `model`, with all of the engine's fusions. */
export function forwardOf(runtime: Runtime, model: Model, graph: Graph): Forward {
  let session: Session | undefined;
  let batchSize = 0;
  return {
    async run(batch) {
      const images = batch.inputs[IMAGES];
      const size = batch.weights.dims[0]!;
      checkInputs(model, batch.inputs, { graph, what: "The data do not fit the model: " });
      // With pictures the graph is made for one batch size; the last, smaller batch makes another.
      if (!session || images && size !== batchSize) {
        await session?.release();
        session = await compile(runtime, model, graph, images, size);
        batchSize = size;
      }
      return await session.run(batch.inputs);
    },
    async release() {
      await session?.release();
      session = undefined;
    },
  };
}

function compile(
  runtime: Runtime,
  model: Model,
  graph: Graph,
  images: Tensor | undefined,
  batch: number,
): Promise<Session> {
  const { source } = model;
  if (!images) return runtime.session(encodeGraph(graph, { source }));
  const copy = graph.clone();
  normalise(copy);
  attachImageInput(copy, copy.value(pictureInput(model)), model.preprocessing!, batch);
  for (const value of copy.outputs) value.shape = undefined;
  return runtime.session(encodeGraph(copy, { source }));
}
