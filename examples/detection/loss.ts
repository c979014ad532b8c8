import type { LossFunction } from "../../mod.ts";

/** How much rare cells with a thing count against the many without, and how fast easy ones fade. */
const ALPHA = 0.5;
/** Keeps the logarithm of an overlap finite. */
const LEAST = 1e-6;

/**
 * The loss of a detector whose answer and target are those of `Grid`, `[N, C + 4, rows, columns]`; both
 * parts are sums over the cells divided by the number of cells with a thing:
 *
 * - of every class in every cell the focal loss α·(t − p)²·BCE(p, t), with p = σ(logit) (Lin et al.
 *   2017, "Focal Loss for Dense Object Detection");
 * - of every cell with a thing −ln IoU of its box (Yu et al. 2016, "UnitBox"), whose four reaches are
 *   exponentials and so positive: as in FCOS (Tian et al. 2019), there are no anchors.
 */
export function detectionLoss(classes: number): LossFunction {
  return (g, output, target) => {
    const [examples = 1, , rows = 1, columns = 1] = output.shape as number[];
    const whole = [examples, classes + 4, rows, columns];
    const planes = (x: typeof output, from: number, to: number) => {
      const shape = [examples, to - from, rows, columns];
      const [starts, ends, axes] = [[from], [to], [1]].map((one) => g.integers(one));
      return g.op("Slice", [g.reshape(x, whole), starts, ends, axes], shape);
    };
    const total = (x: typeof output) => g.reduceSum(x, [1, 2, 3], false);
    const [scores, labels] = [planes(output, 0, classes), planes(target, 0, classes)];
    const miss = g.sub(labels, g.unary("Sigmoid", scores));
    const entropy = g.sub(g.unary("Softplus", scores), g.mul(labels, scores));
    const focal = g.scale(g.mul(g.mul(miss, miss), entropy), ALPHA);

    const reaches = g.unary("Exp", planes(output, classes, classes + 4));
    const truth = planes(target, classes, classes + 4);
    const sides = (x: typeof output) => [0, 1, 2, 3].map((side) => planesOf(x, side));
    const planesOf = (x: typeof output, side: number) => {
      const [starts, ends, axes] = [[side], [side + 1], [1]].map((one) => g.integers(one));
      return g.op("Slice", [x, starts, ends, axes], [examples, 1, rows, columns]);
    };
    const area = ([left, top, right, bottom]: (typeof output)[]) =>
      g.mul(g.add(left!, right!), g.add(top!, bottom!));
    const common = area(
      sides(g.op("Min", [reaches, truth], [examples, 4, rows, columns])),
    );
    const union = g.sub(g.add(area(sides(reaches)), area(sides(truth))), common);
    const log = (x: typeof output) => g.unary("Log", g.shift(x, LEAST));
    const holds = g.reduceSum(labels, [1], true);
    const apart = g.mul(holds, g.sub(log(union), log(common)));

    // A picture without anything counts by its false alarms alone; it must not divide by nothing.
    const count = g.op("Max", [total(holds), g.scalar(1, holds)], [examples]);
    return [{ losses: total(focal), weights: count }, { losses: total(apart), weights: count }];
  };
}
