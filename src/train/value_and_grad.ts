import type { Loss } from "../artifacts/loss.ts";
import type { Model } from "../onnx/model.ts";
import { cpu } from "../runtime/onnxruntime.ts";
import { rng } from "../tensor/rng.ts";
import { type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import { ParameterMemory } from "./parameter_memory.ts";
import { Program, runningStatistics } from "./program.ts";
import type { BatchNormMode } from "./specialise.ts";

/** Options of `valueAndGrad`. */
export interface ValueAndGradOptions {
  /** The loss. @default {"crossEntropy"} */
  readonly loss?: Loss;
  /** For every layer. @default {"batch" where the layer is trained, "running" where it is frozen} */
  readonly batchNorm?: BatchNormMode;
  /** How much each example counts, float32 `[N]`. @default {1 each} */
  readonly weights?: Tensor;
  /** Whether dropout layers act, seeded. @default {false} */
  readonly dropout?: boolean;
  /** Seed of dropout. @default {0} */
  readonly seed?: number;
}

/** A loss, its gradients, and what the model put out. */
export interface ValueAndGrad {
  /** The mean loss of the batch. */
  readonly loss: number;
  /** The gradient of the loss by each trainable parameter that reaches it, by name. */
  readonly gradients: Map<string, Tensor<"float32">>;
  /** The model's outputs by name. */
  readonly outputs: Record<string, Tensor>;
}

/**
 * The loss of a batch and its gradients by the trainable parameters, without changing anything.
 * `inputs` are by name, the batch `[N, ...]` first; `targets` are class indices `[N]` of any integer
 * type, or numbers of the output's shape.
 *
 * Throws `NotDifferentiableError` where an operator on the way has no gradient rule, `RangeError`
 * where no trainable parameter reaches the loss.
 */
export async function valueAndGrad(
  model: Model,
  inputs: Readonly<Record<string, Tensor>>,
  targets: Tensor,
  options: ValueAndGradOptions = {},
): Promise<ValueAndGrad> {
  const { loss = "crossEntropy", dropout = false, seed = 0 } = options;
  const batch = targets.dims[0] ?? 1;
  const wanted = asTargets(targets);
  const memory = new ParameterMemory(model, 0);
  const program = await Program.compile(cpu, model, memory, {
    shapes: Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims])),
    batch,
    batchNorm: options.batchNorm,
    dropout,
    allOutputs: true,
    loss,
    targets: { type: wanted.type, shape: wanted.dims },
  });
  try {
    const running = runningStatistics(model, program.specialised.running);
    const weights = options.weights ?? tensor("float32", [batch], new Float32Array(batch).fill(1));
    const result = await program.step(
      await program.features(inputs),
      wanted,
      weights as Tensor<"float32">,
      running,
      rng(seed, "dropout"),
    );
    const gradients = memory.names.filter((name) => program.reached.has(name)).map((name) => {
      const { dims, data } = memory.view(name, 1);
      return [name, tensor("float32", dims, data.slice())] as const;
    });
    return { loss: result.loss, gradients: new Map(gradients), outputs: { ...result.outputs } };
  } finally {
    await program.release();
  }
}

/** Class indices as int64, other targets as float32. */
export function asTargets(targets: Tensor): Tensor {
  if (targets.type === "float32" || targets.type === "int64") return targets;
  if (targets.type === "float64") {
    return tensor("float32", targets.dims, Float32Array.from(targets.data as Float64Array));
  }
  return tensor("int64", targets.dims, toNumbers(targets));
}
