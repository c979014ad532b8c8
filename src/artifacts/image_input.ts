import { Builder } from "../autodiff/builder.ts";
import type { Graph, Value } from "../onnx/graph.ts";
import type { Preprocessing } from "../tensor/dataset.ts";
import { tensor } from "../tensor/tensor.ts";

/** Name of the input that takes pictures as bytes. */
export const IMAGES = "graft_images";

/** Luminance from red, green and blue (ITU-R BT.601), as PIL and OpenCV have it. */
const LUMINANCE = [0.299, 0.587, 0.114];

/**
 * Puts normalisation in front of a graph's picture input: the graph then takes uint8 pictures
 * `[N, H, W, 3]`, RGB, under the name `IMAGES`. `batch` is N.
 */
export function attachImageInput(
  graph: Graph,
  input: Value,
  preprocessing: Preprocessing,
  batch: number,
): void {
  const { heightPx, widthPx, range, mean, std, channels, layout } = preprocessing;
  const type = input.type ?? "float32";
  const g = new Builder(graph);
  const images = graph.addInput(IMAGES, "uint8", [batch, heightPx, widthPx, 3]);
  let x = g.cast(images, type);
  if (channels === "bgr") x = g.gather(x, g.integers([2, 1, 0]), 3);
  if (channels === "gray") x = g.matMul(x, g.constant(tensor(type, [3, 1], LUMINANCE)));
  const count = channels === "gray" ? 1 : 3;
  const each = (list: readonly number[]) =>
    Array.from({ length: count }, (_, c) => list[c] ?? list[0]!);
  const factor = each(std).map((deviation) => range / 255 / deviation);
  const shift = each(mean).map((average, c) => -average / each(std)[c]!);
  if (factor.some((number) => number !== 1)) {
    x = g.mul(x, g.constant(tensor(type, [count], factor)));
  }
  if (shift.some((number) => number !== 0)) {
    x = g.add(x, g.constant(tensor(type, [count], shift)));
  }
  if (layout === "nchw") x = g.transpose(x, [0, 3, 1, 2]);
  graph.replaceUses(input, x);
  graph.removeSource(input);
}
