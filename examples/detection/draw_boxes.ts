import type { Image } from "../../mod.ts";
import type { Box } from "./boxes.ts";

/** The picture with the edges of boxes drawn on it in a colour. */
export function drawBoxes(
  image: Image,
  boxes: readonly (Box & { readonly colour: readonly [number, number, number] })[],
): Image {
  const { widthPx, heightPx } = image;
  const data = image.data.slice();
  for (const { left, top, right, bottom, colour } of boxes) {
    const [x0, x1] = [left, right].map((x) => Math.min(Math.max(Math.round(x), 0), widthPx - 1));
    const [y0, y1] = [top, bottom].map((y) => Math.min(Math.max(Math.round(y), 0), heightPx - 1));
    const dot = (x: number, y: number) => data.set(colour, 3 * (y * widthPx + x));
    for (let x = x0!; x <= x1!; x++) [y0!, y1!].forEach((y) => dot(x, y));
    for (let y = y0!; y <= y1!; y++) [x0!, x1!].forEach((x) => dot(x, y));
  }
  return { widthPx, heightPx, data };
}

/** The picture squeezed to a square, each pixel from the four around its place. */
export function squeezed(image: Image, sizePx: number): Image {
  const data = new Uint8Array(3 * sizePx * sizePx);
  const from = (place: number, size: number) => {
    const at = Math.min(Math.max((place + 0.5) * size / sizePx - 0.5, 0), size - 1);
    const low = Math.floor(at);
    return { low, high: Math.min(low + 1, size - 1), share: at - low };
  };
  for (let row = 0; row < sizePx; row++) {
    const y = from(row, image.heightPx);
    for (let column = 0; column < sizePx; column++) {
      const x = from(column, image.widthPx);
      for (let channel = 0; channel < 3; channel++) {
        const at = (across: number, down: number) =>
          image.data[3 * (down * image.widthPx + across) + channel]!;
        const upper = at(x.low, y.low) + x.share * (at(x.high, y.low) - at(x.low, y.low));
        const lower = at(x.low, y.high) + x.share * (at(x.high, y.high) - at(x.low, y.high));
        data[3 * (row * sizePx + column) + channel] = Math.round(upper + y.share * (lower - upper));
      }
    }
  }
  return { widthPx: sizePx, heightPx: sizePx, data };
}
