import { IMAGES } from "../../artifacts/image_input.ts";
import type { Model } from "../../onnx/model.ts";
import type { Tensors } from "../../runtime/runtime.ts";
import type { Image } from "../../tensor/dataset.ts";
import { toNumbers } from "../../tensor/tensor.ts";

/**
 * Row `row` of a batch as a picture: the bytes that a network is fed, or, where it is fed numbers,
 * these from black at the least to white at the greatest. The first input of four axes counts.
 */
export function pictureOf(model: Model, inputs: Tensors, row: number): Image {
  const images = inputs[IMAGES];
  if (images) {
    const [, heightPx, widthPx] = images.dims as [number, number, number, number];
    const size = heightPx * widthPx * 3;
    const data = (images.data as Uint8Array).slice(row * size, (row + 1) * size);
    return { widthPx, heightPx, data };
  }
  const name = model.inputs.find((input) => inputs[input.name]?.dims.length === 4)?.name;
  const numbers = name === undefined ? undefined : inputs[name];
  if (!numbers) throw new TypeError("gradCam(): the model takes no pictures [N, C, H, W]");
  return fromNumbers(toNumbers(numbers), numbers.dims, row);
}

/** `[N, C, H, W]`, or `[N, H, W, C]` where only the last axis can be colours. */
function fromNumbers(numbers: readonly number[], dims: readonly number[], row: number): Image {
  const [, first, second, third] = dims as [number, number, number, number];
  const isLast = (third === 3 || third === 1) && first !== 3 && first !== 1;
  const [channels, heightPx, widthPx] = isLast ? [third, first, second] : [first, second, third];
  const places = heightPx * widthPx;
  const own = numbers.slice(row * channels * places, (row + 1) * channels * places);
  const least = own.reduce((a, b) => Math.min(a, b), Infinity);
  const most = own.reduce((a, b) => Math.max(a, b), -Infinity);
  const data = new Uint8Array(places * 3);
  for (let i = 0; i < places; i++) {
    for (let c = 0; c < 3; c++) {
      const channel = channels >= 3 ? c : 0;
      const value = own[isLast ? i * channels + channel : channel * places + i]!;
      data[3 * i + c] = Math.round(255 * (value - least) / Math.max(most - least, 1e-12));
    }
  }
  return { widthPx, heightPx, data };
}
