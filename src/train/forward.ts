import { attachImageInput, IMAGES } from "../artifacts/image_input.ts";
import type { Graph } from "../onnx/graph.ts";
import type { Model } from "../onnx/model.ts";
import { normalise } from "../onnx/passes/normalise.ts";
import { encodeGraph } from "../onnx/write_model.ts";
import type { Runtime, Session } from "../runtime/runtime.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkInputs } from "./check_inputs.ts";
import type { HostBatch } from "./loader.ts";
import { namingSizes } from "./misfit.ts";
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
  return {
    async run(batch) {
      checkInputs(model, batch.inputs, { graph, what: "The data do not fit the model: " });
      return await namingSizes(model, batch.inputs, async () => {
        session ??= await compile(runtime, model, graph, IMAGES in batch.inputs);
        return await session.run(batch.inputs);
      });
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
  takesImages: boolean,
): Promise<Session> {
  const { source } = model;
  if (!takesImages) return runtime.session(encodeGraph(graph, { source }));
  const copy = graph.clone();
  normalise(copy);
  const known = new Set(copy.values.values());
  attachImageInput(copy, copy.value(pictureInput(model)), model.preprocessing!, 1);
  // Batches are of any size; the last one of a data set is smaller.
  const images = copy.value(IMAGES);
  const shape = ["batch", ...images.shape!.slice(1)];
  for (const value of copy.values.values()) {
    if (!known.has(value) && !value.constant) value.shape = undefined;
  }
  images.shape = shape;
  for (const value of copy.outputs) value.shape = undefined;
  return runtime.session(encodeGraph(copy, { source }));
}
