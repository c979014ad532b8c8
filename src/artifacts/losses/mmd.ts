import { z } from "zod";
import { type Builder, dimsOf } from "../../autodiff/builder.ts";
import { stopGradient } from "../../autodiff/scale_gradient.ts";
import type { Value } from "../../onnx/graph.ts";
import { checkOptions } from "../../tensor/options.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { Alignment, Domains } from "./alignment.ts";
import { some, squaredDistances } from "./pairs.ts";
import { type Ramp, rampKey, rampSchema } from "./ramp.ts";

/** Options of `mmd`. */
export interface MmdOptions {
  /**
   * Layers whose features are made alike: outputs of the model, names of nodes or values, or `"pool"`, what
   * feeds the classifier. @default {["pool"]}
   */
  readonly layers?: readonly string[];
  /**
   * Widths γ of the kernels exp(−‖a − b‖²/γ), as multiples of the mean squared distance in the batch;
   * the kernel is their mean. @default {[0.25, 0.5, 1, 2, 4]}
   */
  readonly bandwidths?: readonly number[];
  /** What it is multiplied by, or a function of the progress. @default {1} */
  readonly weight?: number | Ramp;
}

/** The least width of a kernel, where all rows coincide. */
const LEAST = 1e-12;
const WEIGHT = "weight";

const schema: z.ZodType<MmdOptions> = z.strictObject({
  layers: z.array(z.string().min(1)).min(1).optional(),
  bandwidths: z.array(z.number().positive()).min(1).optional(),
  weight: rampSchema.optional(),
}) as z.ZodType<MmdOptions>;

/**
 * Makes the features of two domains alike by their maximum mean discrepancy with several kernels
 * (Long et al. 2015, "Learning transferable features with deep adaptation networks"): the mean of k over
 * pairs of the source, plus that over pairs of the target, minus twice that over pairs of both, an
 * example with itself left out; added up over the layers. The widths follow the batch and are taken as
 * constant in the gradient.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mmd } from "@graft/graft";
 *
 * assertEquals(mmd({ layers: ["pool", "logits"] }).outputs, ["pool", "logits"]);
 * ```
 */
export function mmd(options: MmdOptions = {}): Alignment {
  const checked = checkOptions("mmd", schema, options);
  const { layers = ["pool"], bandwidths = [0.25, 0.5, 1, 2, 4], weight = 1 } = checked;
  return {
    name: "mmd",
    settings: { layers, bandwidths, weight: rampKey(weight) },
    outputs: layers,
    ramps: { [WEIGHT]: typeof weight === "number" ? () => weight : weight },
    terms: (g, domains, context) => {
      const found = layers.map((layer) =>
        discrepancy(g, g.cast(context.output(layer), "float32"), domains, bandwidths)
      );
      return [{ losses: g.mul(context.ramp(WEIGHT), g.sum(found)) }];
    },
  };
}

/** The unbiased estimate of MMD² of rows `[N, ...]`; 0 where a domain has fewer than two. */
function discrepancy(
  g: Builder,
  features: Value,
  { source, target }: Domains,
  bandwidths: readonly number[],
): Value {
  const [count = 1, ...rest] = dimsOf(features);
  const rows = g.reshape(features, [count, sizeOf(rest)]);
  const squares = squaredDistances(g, rows);
  const others = Array.from({ length: count * count }, (_, i) => i % (count + 1) === 0 ? 0 : 1);
  const apart = g.constant(tensor("float32", [count, count], others));
  const pairs = (a: Value, b: Value) =>
    g.mul(apart, g.mul(g.reshape(a, [count, 1]), g.reshape(b, [1, count])));
  const total = (value: Value) => g.reduceSum(value, [0, 1], false);
  const share = (value: Value) =>
    g.div(value, g.op("Max", [total(value), g.scalar(LEAST, value)], []));

  const all = g.add(source, target);
  const mean = stopGradient(g, total(g.mul(share(pairs(all, all)), squares)));
  const width = g.op("Max", [mean, g.scalar(LEAST, mean)], []);
  const kernels = bandwidths.map((each) =>
    g.unary("Exp", g.neg(g.div(squares, g.scale(width, each))))
  );
  const kernel = g.scale(g.sum(kernels), 1 / bandwidths.length);
  const [first, second] = [pairs(source, source), pairs(target, target)];
  const within = g.add(share(first), share(second));
  const signed = g.sub(within, g.scale(share(pairs(source, target)), 2));
  return g.mul(total(g.mul(signed, kernel)), g.mul(some(g, total(first)), some(g, total(second))));
}
