import { assertAlmostEquals, assertRejects } from "@std/assert";
import type { Loss } from "../../src/artifacts/loss.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { shifted } from "../train/small_models.ts";

const weights = tensor("float32", [4], [1, 0, 2, 0.5]);
const logits = (scale: number) =>
  tensor("float32", [4, 3], hashed("logits", 12).map((u) => scale * u));
const numbers = hashed("t", 12);

/** Losses and gradients by the logits of `torch.nn.functional` (PyTorch 2.13, float64), weighted. */
const CASES: readonly [
  name: string,
  loss: Loss,
  scale: number,
  target: Tensor,
  value: number,
  gradient: readonly number[],
][] = [
  ["cross-entropy of classes", "crossEntropy", 4, tensor("int64", [4], [0, 1, 2, 1]), 3.03167391, [
    ...[-0.2573401, 0.058611906, 0.1987282, 0, 0, 0, 0.31086905, 0.25021481, -0.56108386],
    ...[0.02211588, -0.060931866, 0.038815985],
  ]],
  [
    "cross-entropy of shares",
    "crossEntropy",
    4,
    tensor("float32", [4, 3], [
      ...[0.09110516, 0.49091793, 0.41797691, 0.5607606, 0.12786086, 0.31137854],
      ...[0.45539169, 0.19730125, 0.34730705, 0.25782441, 0.32750956, 0.41466603],
    ]),
    1.54525294,
    [
      ...[0.002344137, -0.081650357, 0.07930622, 0, 0, 0, 0.050645222, 0.13747124],
      ...[-0.18811646, -0.01471618, 0.035138198, -0.020422018],
    ],
  ],
  ["mean squared error", "mse", 4, tensor("float32", [4, 3], numbers), 4.43059199, [
    ...[-0.17899182, 0.16013311, 0.3221003, 0, 0, 0, 0.55748118, 0.48403036, -1.1798794],
    ...[0.22972242, 0.38682103, 0.27660119],
  ]],
  [
    "binary cross-entropy of large logits",
    "binaryCrossEntropy",
    100,
    tensor("float32", [4, 3], numbers.map((t) => t > 0 ? 1 : 0)),
    25.2120314,
    [
      ...[-0.046659543, 0.095238094, 0, 0, 0, 0, 0.19047619, 0.19047599, -0.19047619],
      ...[0, 0.047619048, 0],
    ],
  ],
  [
    "a loss of one's own",
    (g, output, target) => {
      const error = g.sub(output, target);
      return g.reduce("ReduceMean", g.mul(error, error), [1], false);
    },
    4,
    tensor("float32", [4, 3], numbers),
    4.43059199,
    [
      ...[-0.17899182, 0.16013311, 0.3221003, 0, 0, 0, 0.55748118, 0.48403036, -1.1798794],
      ...[0.22972242, 0.38682103, 0.27660119],
    ],
  ],
];

for (const [name, loss, scale, target, value, gradient] of CASES) {
  Deno.test(`the weighted ${name} is PyTorch's, and so is its gradient`, async () => {
    const result = await valueAndGrad(shifted(), { x: logits(scale) }, target, { loss, weights });
    assertAlmostEquals(result.loss, value, 1e-5 * value);
    const found = result.gradients.get("p.weight")!.data;
    gradient.forEach((expected, i) => assertAlmostEquals(found[i]!, expected, 2e-6));
  });
}

Deno.test("a class index out of range is an error that names it", async () => {
  const target = tensor("int64", [4], [0, 1, 3, 0]);
  await assertRejects(
    () => valueAndGrad(shifted(), { x: logits(1) }, target),
    RangeError,
    "3",
  );
});
