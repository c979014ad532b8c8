import { tensor } from "../../tensor/tensor.ts";
import type { Value } from "../../onnx/graph.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { dimsOf } from "../builder.ts";
import { positions, windowOf } from "../window.ts";
import { sampled } from "./sampling.ts";
import type { WriteOut } from "./written.ts";

/**
 * A convolution whose window elements are moved by offsets and weighted by a mask (Dai et al., arXiv
 * 1703.06211; Zhu et al., arXiv 1811.11168): what the window sees, as columns, and a product.
 */
export const deformConv: WriteOut = (g, node) => {
  const [x, weight, offset, bias, mask] = node.inputs as [Value, Value, Value, Value?, Value?];
  const [images, channels] = dimsOf(x) as [number, number];
  const [filters, depth, ...kernel] = dimsOf(weight) as [number, number, ...number[]];
  const output = dimsOf(offset).slice(2);
  if (kernel.length !== 2 || output.length !== 2) return undefined;
  const groups = node.int("group", 1);
  const parts = node.int("offset_group", 1);
  const [taps, places] = [sizeOf(kernel), sizeOf(output)];
  const window = windowOf(node, x, node.outputs[0]!, kernel);
  const moves = g.reshape(offset, [images * parts, taps, 2, places]);
  const points = [0, 1].map((axis) => {
    const move = g.slice(moves, [2], [axis], [axis + 1]);
    const at = positions(kernel).flatMap((tap) =>
      positions(output).map((place) =>
        place[axis]! * window.strides[axis]! - window.before[axis]! +
        tap[axis]! * window.dilations[axis]!
      )
    );
    const regular = g.constant(tensor("float32", [1, taps * places], at));
    return g.add(g.reshape(move, [images * parts, taps * places]), regular);
  });
  const pictures = g.reshape(x, [images * parts, channels / parts, ...dimsOf(x).slice(2)]);
  const seen = sampled(g, pictures, points, { interpolation: "linear", outside: "zeros" });
  const masked = mask ? g.mul(seen, g.reshape(mask, [images * parts, 1, taps * places])) : seen;
  const columns = g.reshape(masked, [images, groups, depth * taps, places]);
  const filtersOf = g.reshape(weight, [1, groups, filters / groups, depth * taps]);
  const made = g.reshape(g.matMul(filtersOf, columns), [images, filters, ...output]);
  return [bias ? g.add(made, g.reshape(bias, [1, filters, 1, 1])) : made];
};
