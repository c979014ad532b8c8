import type { Tensor } from "../../tensor/tensor.ts";
import type { Image } from "../../tensor/dataset.ts";

/** Grad-CAM of one example: numbers from 0 to 1, rows from the top. */
export interface Heat {
  /** Pixels across. */
  readonly widthPx: number;
  /** Pixels down. */
  readonly heightPx: number;
  /** `[heightPx, widthPx]`. */
  readonly data: Float32Array<ArrayBuffer>;
}

/**
 * The map of example `row`: relu(Σ αᶜ·Aᶜ) with αᶜ the mean over the places of ∂score/∂Aᶜ, divided by its
 * greatest number; all 0 where nothing speaks for the class. Selvaraju et al., "Grad-CAM: Visual
 * Explanations from Deep Networks via Gradient-based Localization", 2017, equations 1 and 2.
 */
export function heatOf(activations: Tensor, gradients: Tensor, row: number): Heat {
  const [, channels, heightPx, widthPx] = activations.dims as [number, number, number, number];
  const places = heightPx * widthPx;
  const data = new Float32Array(places);
  const [a, da] = [activations.data as Float32Array, gradients.data as Float32Array];
  for (let c = 0; c < channels; c++) {
    const start = (row * channels + c) * places;
    let weight = 0;
    for (let i = 0; i < places; i++) weight += da[start + i]! / places;
    for (let i = 0; i < places; i++) data[i]! += weight * a[start + i]!;
  }
  const most = data.reduce((best, one) => Math.max(best, one), 0);
  const map = data.map((one) => most > 0 ? Math.max(0, one) / most : 0);
  return { widthPx, heightPx, data: map };
}

/** A map at another size, bilinear, as pixels are areas: no corner is a point. */
export function resized(
  { widthPx, heightPx, data }: Heat,
  size: { readonly widthPx: number; readonly heightPx: number },
): Heat {
  const made = new Float32Array(size.widthPx * size.heightPx);
  const across = spots(widthPx, size.widthPx);
  const down = spots(heightPx, size.heightPx);
  down.forEach(({ at: y, next: below, share: v }, row) => {
    across.forEach(({ at: x, next: right, share: u }, column) => {
      const top = data[y * widthPx + x]! * (1 - u) + data[y * widthPx + right]! * u;
      const bottom = data[below * widthPx + x]! * (1 - u) + data[below * widthPx + right]! * u;
      made[row * size.widthPx + column] = top * (1 - v) + bottom * v;
    });
  });
  return { ...size, data: made };
}

/** For each of `to` pixels, the two of `from` it lies between, and how near the second. */
function spots(from: number, to: number) {
  return Array.from({ length: to }, (_, pixel) => {
    const place = Math.min(from - 1, Math.max(0, (pixel + 0.5) * from / to - 0.5));
    const at = Math.floor(place);
    return { at, next: Math.min(from - 1, at + 1), share: place - at };
  });
}

/** Colours from cold to hot: dark blue, purple, red, yellow. */
const COLORS = [[30, 40, 120], [140, 40, 140], [225, 70, 60], [255, 220, 80]] as const;
/** How much of the colour covers the picture, where nothing is seen and where most is. */
const COVER = [0.35, 0.6] as const;

/** A map laid over its picture, which must have the same size. */
export function overlaid(image: Image, heat: Heat): Image {
  const data = new Uint8Array(image.data.length);
  heat.data.forEach((value, pixel) => {
    const place = value * (COLORS.length - 1);
    const at = Math.min(COLORS.length - 2, Math.floor(place));
    const cover = COVER[0] + (COVER[1] - COVER[0]) * value;
    for (let c = 0; c < 3; c++) {
      const low = COLORS[at]![c]!;
      const color = low + (COLORS[at + 1]![c]! - low) * (place - at);
      data[3 * pixel + c] = Math.round(image.data[3 * pixel + c]! * (1 - cover) + color * cover);
    }
  });
  return { widthPx: image.widthPx, heightPx: image.heightPx, data };
}
