import type { Builder } from "../autodiff/builder.ts";
import type { Value } from "../onnx/graph.ts";
import type { GraphPart } from "../tensor/graph_form.ts";
import { tensor } from "../tensor/tensor.ts";
import { atLeast, between, centres, type Change, numberOf } from "./change_parts.ts";
import { warped } from "./picture_warp.ts";

/** Luma of red, green and blue (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114];
/** Numbers of one adjustment of levels. */
const LEVEL_NUMBERS = 3;

/**
 * Adds a random change of pictures to a graph; gives the changed ones, `[N, height, width, 3]`, in whole
 * levels as 8-bit pictures have them.
 */
export function addChange(g: Builder, part: GraphPart, change: Change): Value {
  switch (part) {
    case "window":
      return rounded(g, resampled(g, change, windowWeights));
    case "shift":
      return resampled(g, change, shiftWeights);
    case "mirrorAcross":
      return mirrored(g, change, 2);
    case "mirrorDown":
      return mirrored(g, change, 1);
    case "levels":
      return adjusted(g, change);
    case "warpNearest":
      return warped(g, change, false);
    case "warpBilinear":
      return warped(g, change, true);
  }
}

/** The weights of `from` pixels in each of `to` along one axis, `[N, 1, to, from]`. */
type Weights = (
  g: Builder,
  told: (place: number) => Value,
  axis: { readonly which: 0 | 1; readonly from: number; readonly to: number },
) => Value;

/**
 * Both axes by products with matrices of weights, one for each picture: Y = D·X·Aᵀ for each colour, D
 * `[to, from]` down and A across.
 */
function resampled(g: Builder, { x, told, size }: Change, weights: Weights): Value {
  const [, height, width] = x.shape as number[];
  const number = (place: number) => numberOf(g, told, place);
  const across = weights(g, number, { which: 0, from: width!, to: size[1] });
  const down = weights(g, number, { which: 1, from: height!, to: size[0] });
  const colours = g.transpose(x, [0, 3, 1, 2]);
  const shown = g.matMul(g.matMul(down, colours), g.swapLast(across));
  return g.transpose(shown, [0, 2, 3, 1]);
}

/**
 * Bilinear, as `resample` of pictures has it: a part of `length` pixels shown on `to` has its pixel i
 * centred on start + (i + ½)·s, s = length / to, and weights that fall to 0 over max(s, 1) pixels, of the
 * pixels inside the part only.
 */
const windowWeights: Weights = (g, told, { which, from, to }) => {
  const start = g.scale(told(which), from);
  const length = g.scale(told(2 + which), from);
  const step = g.scale(length, 1 / to);
  const pixels = centres(g, from, [1, 1, 1, from]);
  const centre = g.add(start, g.mul(centres(g, to, [1, 1, to, 1]), step));
  const distance = g.div(distanceOf(g, pixels, centre), atLeast(g, step, 1));
  const falling = g.unary("Relu", g.shift(g.neg(distance), 1));
  // Of a part narrower than a pixel, the pixel that it lies in.
  const half = g.scale(atLeast(g, length, 1), 0.5);
  const middle = g.add(start, g.scale(length, 0.5));
  const isInside = g.compare("LessOrEqual", distanceOf(g, pixels, middle), half);
  const kept = g.mul(falling, g.cast(isInside, "float32"));
  return g.div(kept, g.reduceSum(kept, [3]));
};

/** 1 where pixel i shows pixel i + shift, which gives 0 for those beyond the edge. */
const shiftWeights: Weights = (g, told, { which, from, to }) => {
  const shown = g.add(centres(g, to, [1, 1, to, 1]), told(which));
  const distance = distanceOf(g, centres(g, from, [1, 1, 1, from]), shown);
  return g.unary("Relu", g.shift(g.neg(distance), 1));
};

function mirrored(g: Builder, { x, told }: Change, axis: 1 | 2): Value {
  const size = x.shape![axis] as number;
  const backwards = Array.from({ length: size }, (_, at) => size - 1 - at);
  const chosen = numberOf(g, told, 0);
  const isMirrored = g.compare("Greater", chosen, g.scalar(0.5, chosen));
  return g.where(isMirrored, g.gather(x, g.integers(backwards), axis), x);
}

/**
 * x ← level + factor·(x − level) cut off to 0 … 255, the fraction dropped as PIL does, where a level is
 * black, the mean grey or the pixel's own.
 */
function adjusted(g: Builder, { x, told }: Change): Value {
  const count = told.shape![1] as number;
  let y = x;
  for (let at = 0; at < count; at += LEVEL_NUMBERS) {
    const [factor, ofMean, ofOwn] = [0, 1, 2].map((place) => numberOf(g, told, at + place));
    const own = rounded(g, g.matMul(y, g.constant(tensor("float32", [3, 1], LUMA))));
    const mean = rounded(g, g.reduce("ReduceMean", own, [1, 2], true));
    const level = g.add(g.mul(ofMean!, mean), g.mul(ofOwn!, own));
    y = g.add(level, g.mul(factor!, g.sub(y, level)));
    y = g.unary("Floor", between(g, y, 0, 255));
  }
  return y;
}

function rounded(g: Builder, x: Value): Value {
  return g.unary("Floor", g.shift(x, 0.5));
}

function distanceOf(g: Builder, a: Value, b: Value): Value {
  return g.unary("Abs", g.sub(a, b));
}
