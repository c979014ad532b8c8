import { Builder } from "../autodiff/builder.ts";
import type { Graph, Value } from "../onnx/graph.ts";
import type { Preprocessing } from "../tensor/dataset.ts";
import { changesAmong } from "../tensor/graph_form.ts";
import { tensor } from "../tensor/tensor.ts";
import { addChange } from "./picture_changes.ts";

/** Name of the input that takes pictures as bytes. */
export const IMAGES = "graft_images";

/** Luminance from red, green and blue (ITU-R BT.601), as PIL and OpenCV have it. */
const LUMINANCE = [0.299, 0.587, 0.114];

/**
 * Puts normalisation in front of a graph's picture input: the graph then takes uint8 pictures
 * `[N, H, W, 3]`, RGB, under the name `IMAGES`. `batch` is N. Where `shapes` has inputs for random
 * changes of the pictures, these come first, and the pictures have the size that is given there.
 */
export function attachImageInput(
  graph: Graph,
  input: Value,
  preprocessing: Preprocessing,
  batch: number,
  shapes: Readonly<Record<string, readonly number[]>> = {},
): void {
  const { heightPx, widthPx, range, mean, std, channels, layout } = preprocessing;
  const type = input.type ?? "float32";
  const g = new Builder(graph);
  const changes = changesAmong(Object.keys(shapes));
  const [, height, width] = changes.length > 0 ? shapes[IMAGES]! : [batch, heightPx, widthPx];
  let x = graph.addInput(IMAGES, "uint8", [batch, height!, width!, 3]);
  for (const { input, part } of changes) {
    const told = graph.addInput(input, "float32", shapes[input]!);
    const size = [heightPx, widthPx] as const;
    x = addChange(g, part, { x: g.cast(x, "float32"), told, size });
  }
  x = g.cast(x, type);
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
