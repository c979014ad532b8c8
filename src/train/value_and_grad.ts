import { z } from "zod";
import type { Loss } from "../artifacts/loss.ts";
import { lossSchema } from "../artifacts/losses/schema.ts";
import { type StayNear, stayNearSchema, withStayNear } from "../artifacts/losses/stay_near.ts";
import type { Model } from "../onnx/model.ts";
import {
  type Device,
  deviceOption,
  type DeviceOptions,
  deviceOptionsOption,
} from "../runtime/device.ts";
import { runtimeFor } from "../runtime/onnxruntime.ts";
import { checkOptions, show } from "../tensor/options.ts";
import { rng } from "../tensor/rng.ts";
import { type Tensor, tensor, toNumbers } from "../tensor/tensor.ts";
import { checkInputs } from "./check_inputs.ts";
import { defaultLoss } from "./default_loss.ts";
import { checkedClasses } from "./evaluate_output.ts";
import { ParameterMemory } from "./parameter_memory.ts";
import { FIRST_SCALE } from "./precision/loss_scale.ts";
import { type Precision, precisionOption } from "./precision/precision.ts";
import { Program } from "./program.ts";
import { runningStatistics } from "./running_statistics.ts";
import type { BatchNormMode } from "./specialise.ts";

/** Options of `valueAndGrad`. */
export interface ValueAndGradOptions {
  /** The loss. @default {"crossEntropy", or what the model's task asks for} */
  readonly loss?: Loss;
  /** A penalty that keeps parameters near their starting values, part of the loss. @default {none} */
  readonly stayNear?: StayNear;
  /** For every layer. @default {"batch" where the layer is trained, "running" where it is frozen} */
  readonly batchNorm?: BatchNormMode;
  /** How much each example counts, float32 `[N]`. @default {1 each} */
  readonly weights?: Tensor;
  /** Whether dropout layers act, seeded. @default {false} */
  readonly dropout?: boolean;
  /** Seed of dropout. @default {0} */
  readonly seed?: number;
  /** How far training is, from 0 to 1, for losses with numbers that change over it. @default {1} */
  readonly progress?: number;
  /** Where to compute. @default {"cpu"} */
  readonly device?: Device;
  /** How the device computes. @default {{}} */
  readonly deviceOptions?: DeviceOptions;
  /** What matrix products and convolutions are computed in. @default {"float32"} */
  readonly precision?: Precision;
  /**
   * What the loss of float16 is multiplied by before its gradients are taken, and they divided by after.
   * @default {the largest power of two up to 65536 whose gradients are finite}
   */
  readonly lossScale?: number;
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

const schema: z.ZodType<ValueAndGradOptions> = z.strictObject({
  loss: lossSchema.optional(),
  stayNear: stayNearSchema.optional(),
  batchNorm: z.enum(["batch", "running"]).optional(),
  weights: z.custom<Tensor>(isTensor).describe("a tensor { type, dims, data }").optional(),
  dropout: z.boolean().optional(),
  seed: z.number().int().optional(),
  progress: z.number().min(0).max(1).optional(),
  device: deviceOption,
  deviceOptions: deviceOptionsOption,
  precision: precisionOption,
  lossScale: z.number().positive().optional(),
}) as z.ZodType<ValueAndGradOptions>;

/**
 * The loss of a batch and its gradients by the trainable parameters, without changing anything.
 * `inputs` are by name, the batch `[N, ...]` first; `targets` are class indices `[N]` of any integer
 * type, or numbers of the output's shape.
 *
 * Throws `NotDifferentiableError` where an operator on the way has no gradient rule, `RangeError`
 * where no trainable parameter reaches the loss, a class index is out of range or the device cannot
 * compute in the `precision`, `TypeError` for inputs, targets or weights that do not fit.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { loadBackbone, valueAndGrad } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [2, 1, 28, 28], data: new Float32Array(1568) } as const;
 * const targets = { type: "int64", dims: [2], data: BigInt64Array.of(3n, 7n) } as const;
 * const { gradients } = await valueAndGrad(model, { x }, targets);
 * assertEquals([...gradients.keys()], [...model.parameters.keys()]);
 * ```
 */
export async function valueAndGrad(
  model: Model,
  inputs: Readonly<Record<string, Tensor>>,
  targets: Tensor,
  options: ValueAndGradOptions = {},
): Promise<ValueAndGrad> {
  const checked = checkOptions("valueAndGrad", schema, options);
  const { loss = defaultLoss(model, "valueAndGrad()"), dropout = false, seed = 0, device = "cpu" } =
    checked;
  for (const [name, value] of Object.entries({ ...inputs, targets })) {
    if (isTensor(value)) continue;
    throw new TypeError(
      `valueAndGrad(): "${name}" must be a tensor { type, dims, data }, found ${show(value)}`,
    );
  }
  const batch = targets.dims[0] ?? 1;
  const wanted = asTargets(targets);
  checkInputs(model, inputs, { what: "valueAndGrad(): ", batch });
  checkClassIndices(wanted, checkedClasses(model, loss));
  const weights = checked.weights ?? tensor("float32", [batch], new Float32Array(batch).fill(1));
  if (weights.type !== "float32" || weights.dims.length !== 1 || weights.dims[0] !== batch) {
    throw new TypeError(
      `valueAndGrad(): weights must be float32[${batch}], one an example, found ` +
        `${weights.type}[${weights.dims}]`,
    );
  }
  const memory = new ParameterMemory(model, 0);
  const runtime = await runtimeFor(device, () => {}, checked.deviceOptions);
  const program = await Program.compile(runtime, model, memory, {
    shapes: Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims])),
    batch,
    batchNorm: checked.batchNorm,
    dropout,
    allOutputs: true,
    loss: withStayNear(loss, checked.stayNear),
    targets: { type: wanted.type, shape: wanted.dims },
    precision: checked.precision,
  });
  try {
    const running = runningStatistics(model, program.specialised.running);
    const features = await program.features(inputs);
    const { progress = 1 } = checked;
    const result = await atScale(memory, checked, (lossScale) =>
      program.step(
        features,
        wanted,
        weights as Tensor<"float32">,
        running,
        rng(seed, "dropout"),
        { progress, lossScale },
      ));
    const gradients = memory.names.filter((name) => program.reached.has(name)).map((name) => {
      const { dims, data } = memory.view(name, 1);
      return [name, tensor("float32", dims, data.slice())] as const;
    });
    return { loss: result.loss, gradients: new Map(gradients), outputs: { ...result.outputs } };
  } finally {
    await program.release();
  }
}

/** Takes a step at the scale that is given, or at the largest one whose gradients are finite. */
async function atScale<T>(
  memory: ParameterMemory,
  { precision, lossScale }: ValueAndGradOptions,
  step: (lossScale: number) => Promise<T>,
): Promise<T> {
  let scale = lossScale ?? (precision === "float16" ? FIRST_SCALE : 1);
  for (;; scale /= 2) {
    const result = await step(scale);
    const isFinite = memory.region(1).every((number) => Number.isFinite(number));
    if (lossScale !== undefined || scale <= 1 || isFinite) return result;
  }
}

function isTensor(value: unknown): boolean {
  return typeof value === "object" && value !== null && "type" in value && "dims" in value &&
    "data" in value;
}

function checkClassIndices(targets: Tensor, classes: number | undefined): void {
  if (targets.type !== "int64" || classes === undefined) return;
  for (const index of targets.data as BigInt64Array) {
    if (index >= 0n && index < BigInt(classes)) continue;
    throw new RangeError(
      `valueAndGrad(): a target is class ${index}; the model has the classes 0 to ${classes - 1}`,
    );
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
