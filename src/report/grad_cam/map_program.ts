import { IMAGES } from "../../artifacts/image_input.ts";
import { Builder, dimsOf } from "../../autodiff/builder.ts";
import { gradients } from "../../autodiff/gradients.ts";
import { writeOut } from "../../autodiff/written/mod.ts";
import type { Model } from "../../onnx/model.ts";
import { encodeGraph } from "../../onnx/write_model.ts";
import type { Runtime, Session, Tensors } from "../../runtime/runtime.ts";
import { inferShapes } from "../../runtime/static_graph.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import { logitsOf } from "../../train/evaluate_output.ts";
import { fixSizes } from "../../train/specialise.ts";
import { mapLayer } from "./map_layer.ts";

/** Input that picks the class whose score is explained, one hot, float32 `[N, classes]`. */
const CLASSES = "graft_classes";

/** What a program gives for a batch. */
export interface Maps {
  /** Maps of the layer, `[N, C, h, w]`. */
  readonly activations: Tensor<"float32">;
  /** Gradients of the chosen scores by them, `[N, C, h, w]`. */
  readonly gradients: Tensor<"float32">;
  /** Scores before any softmax, `[N, classes]`. */
  readonly logits: Tensor<"float32">;
}

/** A forward pass to the scores of the classes, and the way back to a layer. */
export interface MapProgram {
  /** The layer's name. */
  readonly layer: string;
  /** Number of classes. */
  readonly classes: number;
  /** The scores alone. */
  logits(inputs: Tensors): Promise<Tensor<"float32">>;
  /** Maps and gradients for a class of each example. */
  run(inputs: Tensors, classes: readonly number[]): Promise<Maps>;
  /** Frees the engine's memory. */
  release(): Promise<void>;
}

/**
 * Compiles a model for a batch of inputs of the shapes given. Only the way back from the scores to the
 * layer is differentiated; batch normalisation is by running statistics, dropout off. Throws
 * `NotDifferentiableError` where an operator on that way has no gradient.
 */
export async function mapProgram(
  runtime: Runtime,
  model: Model,
  shapes: Readonly<Record<string, readonly number[]>>,
  layer: string | undefined,
): Promise<MapProgram> {
  const batch = (shapes[IMAGES] ?? Object.values(shapes)[0]!)[0]!;
  const options = {
    shapes,
    batch,
    batchNorm: "running",
    dropout: false,
    allOutputs: false,
  } as const;
  const { graph } = await fixSizes(model, options);
  writeOut(graph);
  graph.outputs[0] = logitsOf(graph.outputs[0]!);
  graph.prune();
  await inferShapes(graph, model.source);
  const g = new Builder(graph);
  const logits = g.cast(graph.outputs[0]!, "float32");
  const [, classes, ...more] = dimsOf(logits);
  if (classes === undefined || more.some((size) => size !== 1)) {
    throw new TypeError(
      `gradCam(): the model must give a score for each class, [N, classes], found [${
        dimsOf(logits)
      }]`,
    );
  }
  const flat = g.reshape(logits, [batch, classes]);
  const chosen = graph.addInput(CLASSES, "float32", [batch, classes]);
  const { value } = mapLayer(graph, graph.outputs[0]!, layer);
  // Examples do not touch each other, so the gradient of the sum is that of each score.
  const score = g.reduceSum(g.mul(flat, chosen), [0, 1], false);
  const gradient = gradients(g, score, [value]).get(value);
  if (!gradient) {
    throw new TypeError(
      `gradCam(): the scores do not depend on "${value.name}" by way of a gradient`,
    );
  }
  const outputs = [flat, g.cast(value, "float32"), g.cast(gradient, "float32")];
  // What is an output already may not be one twice.
  const named = outputs.map((one) => g.op("Identity", [one], dimsOf(one)));
  graph.outputs.splice(0, graph.outputs.length, ...named);
  const session = await runtime.session(encodeGraph(graph, { source: model.source }));
  return programOf(session, named.map((one) => one.name), { layer: value.name, batch, classes });
}

function programOf(
  session: Session,
  [logits, activations, gradients]: readonly string[],
  { layer, batch, classes }: { layer: string; batch: number; classes: number },
): MapProgram {
  const feeds = (inputs: Tensors, chosen: Tensor) => {
    const all: Tensors = { ...inputs, [CLASSES]: chosen };
    return Object.fromEntries(session.inputs.map((name) => [name, all[name]!]));
  };
  return {
    layer,
    classes,
    async logits(inputs) {
      const none = tensor("float32", [batch, classes]);
      return (await session.run(feeds(inputs, none), {}, [logits!]))[logits!] as Tensor<"float32">;
    },
    async run(inputs, wanted) {
      const chosen = tensor("float32", [batch, classes]);
      wanted.forEach((one, row) => chosen.data[row * classes + one] = 1);
      const found = await session.run(feeds(inputs, chosen)) as Record<string, Tensor<"float32">>;
      return {
        logits: found[logits!]!,
        activations: found[activations!]!,
        gradients: found[gradients!]!,
      };
    },
    release: () => session.release(),
  };
}
