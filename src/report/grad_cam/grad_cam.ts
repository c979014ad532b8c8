import { z } from "zod";
import { pictures } from "../../data/pictures.ts";
import type { Model } from "../../onnx/model.ts";
import { type Device, deviceOption } from "../../runtime/device.ts";
import { runtimeFor } from "../../runtime/onnxruntime.ts";
import type { Dataset, Image } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { type Tensor, tensor } from "../../tensor/tensor.ts";
import { checkInputs } from "../../train/check_inputs.ts";
import { batches, type HostBatch } from "../../train/loader.ts";
import { logSumExp } from "../../train/metrics/host_loss.ts";
import { prepared } from "../../train/prepare.ts";
import type { PredictInput } from "../../workflow/predict.ts";
import { pngOf } from "../encoded.ts";
import { heatOf, overlaid, resized } from "./heat.ts";
import { type MapProgram, mapProgram } from "./map_program.ts";
import { pictureOf } from "./picture_of.ts";

/** Options of `gradCam`. */
export interface GradCamOptions {
  /** The class to explain, by index or label. @default what the model answers */
  readonly class?: number | string;
  /** The layer whose maps are weighed, by the name of a node or value. @default the last feature map */
  readonly layer?: string;
  /** Examples at a time. @default {8} */
  readonly batchSize?: number;
  /** Where to compute. @default {"auto"} */
  readonly device?: Device;
}

/** Where a network looks when it scores a class. */
export interface GradCam {
  /** Index of the class. */
  readonly index: number;
  /** Its label; its index as text where the model has no labels. */
  readonly label: string;
  /** How probable the model holds it. */
  readonly probability: number;
  /** From 0 to 1 at each pixel of the network's input, float32 `[H, W]`. */
  readonly map: Tensor<"float32">;
  /** The layer's name. */
  readonly layer: string;
  /** The picture as the network sees it. */
  readonly image: Image;
  /** The same with the map laid over it. */
  readonly overlay: Image;
  /** The overlay as a PNG file. */
  png(): Promise<Uint8Array>;
}

const schema: z.ZodType<GradCamOptions> = z.strictObject({
  class: z.union([z.number().int().min(0), z.string()]).optional(),
  layer: z.string().min(1).optional(),
  batchSize: z.number().int().positive().optional(),
  device: deviceOption,
}) as z.ZodType<GradCamOptions>;

/**
 * Where a network looks when it scores a class of one picture, or of an input tensor `[1, C, H, W]`:
 * the maps of a layer, weighed by the gradient of the score (Grad-CAM, Selvaraju et al., 2017).
 *
 * Throws `RangeError` for a class or layer that does not exist, `TypeError` where the model has no
 * feature maps `[N, C, H, W]`, and `NotDifferentiableError` where the score cannot be differentiated.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gradCam, loadBackbone } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const image = { widthPx: 28, heightPx: 28, data: new Uint8Array(28 * 28 * 3).fill(90) };
 * const { map, index } = await gradCam(model, image, { class: 3 });
 * assertEquals([map.dims, index], [[28, 28], 3]);
 * ```
 */
export function gradCam(
  model: Model,
  input: PredictInput | Tensor,
  options?: GradCamOptions,
): Promise<GradCam>;
/** Where a network looks in every example of a data set, in their order. */
export function gradCam(
  model: Model,
  input: Dataset,
  options?: GradCamOptions,
): Promise<GradCam[]>;
export async function gradCam(
  model: Model,
  input: PredictInput | Tensor | Dataset,
  options: GradCamOptions = {},
): Promise<GradCam | GradCam[]> {
  const checked = checkOptions("gradCam", schema, options);
  if (isDataset(input)) return await gradCams(model, input, checked);
  const dataset = isTensor(input)
    ? tensorDataset(model, input)
    : pictures([{ image: input as PredictInput }]);
  const [only] = await gradCams(model, dataset, checked);
  return only!;
}

async function gradCams(
  model: Model,
  dataset: Dataset,
  { class: wanted, layer, batchSize = 8, device = "auto" }: GradCamOptions,
): Promise<GradCam[]> {
  const runtime = await runtimeFor(device, () => {});
  const ready = prepared(dataset, model, "The data set");
  const order = Uint32Array.from({ length: ready.length }, (_, index) => index);
  const size = Math.min(batchSize, ready.length);
  const found: GradCam[] = [];
  let program: MapProgram | undefined;
  try {
    for await (const batch of batches(ready, { batchSize: size, order })) {
      if (!program) {
        checkInputs(model, batch.inputs, { what: "gradCam(): " });
        const shapes = Object.entries(batch.inputs).map(([name, { dims }]) => [name, dims]);
        program = await mapProgram(runtime, model, Object.fromEntries(shapes), layer);
      }
      found.push(...await camsOf(program, model, batch, wanted));
    }
  } finally {
    await program?.release();
  }
  return found;
}

async function camsOf(
  program: MapProgram,
  model: Model,
  batch: HostBatch,
  wanted: number | string | undefined,
): Promise<GradCam[]> {
  const { classes, layer } = program;
  const fixed = wanted === undefined ? undefined : classIndex(wanted, model, classes);
  const rows = batch.weights.dims[0]!;
  const chosen = fixed === undefined
    ? answers(await program.logits(batch.inputs), classes)
    : new Array<number>(rows).fill(fixed);
  const { logits, activations, gradients } = await program.run(batch.inputs, chosen);
  return Array.from({ length: batch.count }, (_, row): GradCam => {
    const index = chosen[row]!;
    const image = pictureOf(model, batch.inputs, row);
    const heat = resized(heatOf(activations, gradients, row), image);
    const overlay = overlaid(image, heat);
    const shift = logSumExp(logits.data, row * classes, classes);
    return {
      index,
      label: model.classes?.[index] ?? String(index),
      probability: Math.exp(logits.data[row * classes + index]! - shift),
      map: tensor("float32", [heat.heightPx, heat.widthPx], heat.data),
      layer,
      image,
      overlay,
      png: () => pngOf(overlay),
    };
  });
}

function answers({ data }: Tensor<"float32">, classes: number): number[] {
  return Array.from({ length: data.length / classes }, (_, row) => {
    const scores = data.subarray(row * classes, (row + 1) * classes);
    return scores.indexOf(scores.reduce((best, one) => Math.max(best, one), -Infinity));
  });
}

function classIndex(wanted: number | string, model: Model, classes: number): number {
  const index = typeof wanted === "number" ? wanted : model.classes?.indexOf(wanted) ?? -1;
  if (index >= 0 && index < classes) return index;
  const labels = model.classes?.slice(0, 8).map((label) => `"${label}"`).join(", ");
  throw new RangeError(
    `gradCam(): option "class" must be one of the ${classes} classes` +
      `${labels ? ` (${labels}${classes > 8 ? ", …" : ""})` : ""}, found ${JSON.stringify(wanted)}`,
  );
}

function isDataset(input: object | string): input is Dataset {
  return typeof input === "object" && "get" in input && typeof input.get === "function";
}

function isTensor(input: unknown): input is Tensor {
  return typeof input === "object" && input !== null && "dims" in input && "type" in input;
}

/** One input tensor as a data set of one example. */
function tensorDataset(model: Model, input: Tensor): Dataset {
  const name = model.inputs.find(({ shape }) => shape.length === 4)?.name ?? model.inputs[0]!.name;
  if (input.dims.length !== 4 || input.dims[0] !== 1) {
    throw new TypeError(
      `gradCam(): a tensor must be one example [1, C, H, W], found [${input.dims}]; ` +
        "give more as a data set: arrays({ inputs })",
    );
  }
  const one = { ...input, dims: input.dims.slice(1) };
  return { length: 1, get: () => ({ inputs: { [name]: one } }) };
}
