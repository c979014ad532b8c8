import { dimsOf } from "../../../autodiff/builder.ts";
import { numbersOf } from "../../../autodiff/constant.ts";
import { broadcastShapes } from "../../../tensor/shape.ts";
import { isWanted, lowering, shaped } from "../lowering.ts";

/** The gradients of A/B: dY/B and −dY·A/B², each summed over the axes its operand was stretched along. */
export const divGrad = lowering(["dY", "A", "B"], ({ g, node, x }) => {
  const dy = shaped(x.dY, x.A, broadcastShapes(dimsOf(x.A), dimsOf(x.B)));
  const share = g.div(dy, x.B);
  const byB = () => g.neg(g.mul(share, g.div(x.A, x.B)));
  return [
    isWanted(node, 0) ? g.sumTo(share, dimsOf(x.A)) : undefined,
    isWanted(node, 1) ? g.sumTo(byB(), dimsOf(x.B)) : undefined,
  ];
});

/** The axes along which each of two shapes is stretched to fit the other, from the last to the first. */
export const broadcastGradientArgs = lowering(["a_shape", "b_shape"], ({ g, node, x }) => {
  const shapes = [numbersOf(x.a_shape, node), numbersOf(x.b_shape, node)];
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const whole = broadcastShapes(shapes[0]!, shapes[1]!);
  return shapes.map((shape) => {
    const axes = whole.flatMap((dim, axis) => {
      const own = shape[axis - (rank - shape.length)];
      return own === undefined || own === 1 && dim !== 1 ? [axis] : [];
    });
    return g.integers(axes.reverse());
  });
});
