import { checkOptions } from "../../tensor/options.ts";
import type { ArrayOf, DataType } from "../../tensor/dtype.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Rectangle } from "../../tensor/dataset.ts";
import type { BatchMixing, Mix, MixBatch } from "./mix.ts";
import { mixable, mixTargets } from "./mix_targets.ts";
import { drawMixing, type MixOptions, mixSchema } from "./mix_up.ts";

/**
 * A rectangle of each picture is replaced by the same one of another of its batch, and the targets are
 * mixed by area (Yun et al. 2019, "CutMix: Regularization Strategy to Train Strong Classifiers with
 * Localizable Features"). The rectangle is drawn as torchvision's `CutMix` draws it: an area of 1 − λ
 * about a random centre, cut off at the edges. Throws `TypeError` for inputs that are no pictures and
 * not float32 of shape `[N, C, H, W]` (or `[N, H, W, C]`).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cutMix } from "@graft/graft";
 *
 * const floats = (dims: number[], ...values: number[]) =>
 *   ({ type: "float32", dims, data: Float32Array.from(values) }) as const;
 * const batch = {
 *   inputs: { x: floats([2, 1, 2, 2], 0, 1, 2, 3, 5, 6, 7, 8) },
 *   targets: floats([2, 2], 1, 0, 0, 1),
 *   weights: floats([2], 1, 1),
 *   count: 2,
 *   layout: "nchw",
 * } as const;
 * const mixed = cutMix().apply(batch, { share: 0, partners: [1, 0], centre: [0.25, 0.25] });
 * assertEquals(mixed.inputs.x!.data, Float32Array.of(5, 1, 2, 3, 0, 6, 7, 8));
 * assertEquals(mixed.targets.data, Float32Array.of(0.75, 0.25, 0.25, 0.75));
 * ```
 */
export function cutMix(options: MixOptions = {}): Mix<BatchMixing | undefined> {
  const settings = checkOptions("cutMix", mixSchema(1), options);
  return {
    name: "cutMix",
    settings,
    sample(random, count) {
      const mixing = drawMixing(random, count, settings);
      return mixing && { ...mixing, centre: [random.uniform(), random.uniform()] };
    },
    apply: (batch, mixing) => mixing === undefined ? batch : cutAndPaste(batch, mixing),
  };
}

function cutAndPaste(batch: MixBatch, mixing: BatchMixing): MixBatch {
  let share = mixing.share;
  const inputs = Object.entries(batch.inputs).map(([name, input]) => {
    const { widthPx, heightPx, ...places } = placesOf(name, input, batch.layout);
    const part = rectangle(widthPx, heightPx, mixing);
    share = 1 - part.widthPx * part.heightPx / (widthPx * heightPx);
    return [name, pasted(name, input, { ...places, widthPx, part, batch, mixing })] as const;
  });
  const exact = { ...mixing, share };
  return { ...batch, inputs: Object.fromEntries(inputs), ...mixTargets(batch, exact) };
}

/** Sizes of a picture input, and how many numbers lie beside each other in a pixel and in a plane. */
function placesOf(name: string, { type, dims }: Tensor, layout: MixBatch["layout"]) {
  if (dims.length !== 4) {
    throw new TypeError(
      `cutMix(): the input "${name}" is ${type}[${dims}]; only pictures have parts to cut out. Take ` +
        "mixUp()",
    );
  }
  const [, a, b, c] = dims as [number, number, number, number];
  return type === "uint8" || layout === "nhwc"
    ? { heightPx: a, widthPx: b, perPixel: c, planes: 1 }
    : { heightPx: b, widthPx: c, perPixel: 1, planes: a };
}

function rectangle(widthPx: number, heightPx: number, { share, centre }: BatchMixing): Rectangle {
  const half = 0.5 * Math.sqrt(1 - share);
  const [across, down] = centre ?? [0.5, 0.5];
  const x = Math.floor(across * widthPx), y = Math.floor(down * heightPx);
  const reachX = Math.trunc(half * widthPx), reachY = Math.trunc(half * heightPx);
  const leftPx = Math.max(0, x - reachX), topPx = Math.max(0, y - reachY);
  return {
    leftPx,
    topPx,
    widthPx: Math.min(widthPx, x + reachX) - leftPx,
    heightPx: Math.min(heightPx, y + reachY) - topPx,
  };
}

function pasted(
  name: string,
  input: Tensor,
  { perPixel, planes, widthPx, part, batch, mixing }: {
    readonly perPixel: number;
    readonly planes: number;
    readonly widthPx: number;
    readonly part: Rectangle;
    readonly batch: MixBatch;
    readonly mixing: BatchMixing;
  },
): Tensor {
  const from = mixable("cutMix", name, input);
  const data = from.slice();
  const each = data.length / input.dims[0]!;
  const length = part.widthPx * perPixel;
  for (let row = 0; row < batch.count; row++) {
    const other = (mixing.partners[row]! - row) * each;
    for (let plane = 0; plane < planes; plane++) {
      for (let y = part.topPx; y < part.topPx + part.heightPx; y++) {
        const at = row * each + plane * each / planes + (y * widthPx + part.leftPx) * perPixel;
        data.set(from.subarray(at + other, at + other + length), at);
      }
    }
  }
  return { ...input, data: data as ArrayOf<DataType> };
}
