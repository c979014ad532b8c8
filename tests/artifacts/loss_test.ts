import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import type { Loss } from "../../src/artifacts/loss.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { rowLoss } from "../../src/train/metrics/host_loss.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { multiplied, shifted } from "../train/small_models.ts";

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
    if (typeof loss !== "string") return;
    const rows = [0, 1, 2, 3].map((row) => rowLoss(loss, logits(scale), row, target));
    const mean = rows.reduce((sum, one, row) => sum + weights.data[row]! * one, 0) / 3.5;
    assertAlmostEquals(mean, value, 1e-6 * value, "what reports give");
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

Deno.test("the cross-entropy of a class in every place is PyTorch's in reports", () => {
  const scores = tensor("float32", [2, 3, 2, 2], hashed("dense", 24).map((u) => 4 * u));
  const classes = tensor("int64", [2, 2, 2], [0, 1, 2, 1, 2, 2, 0, 1]);
  // torch.nn.functional.cross_entropy(scores, classes, reduction="none").mean((1, 2)), float64
  [4.36622821, 2.05683328].forEach((expected, row) =>
    assertAlmostEquals(rowLoss("crossEntropy", scores, row, classes), expected, 1e-6)
  );
  const powers = hashed("soft", 24).map(Math.exp);
  const sum = (i: number) => [0, 4, 8].reduce((all, c) => all + powers[i - i % 12 + i % 4 + c]!, 0);
  const shares = tensor("float32", [2, 3, 2, 2], powers.map((power, i) => power / sum(i)));
  [1.77072589, 2.08687343].forEach((expected, row) =>
    assertAlmostEquals(rowLoss("crossEntropy", scores, row, shares), expected, 1e-6)
  );
});

Deno.test("binary cross-entropy neither overflows nor loses its gradient at ±1000", async () => {
  const x = tensor("float32", [4, 3], [1000, -1000, 1000, -1000, 0, 0, 1e4, -1e4, 1, 1, 1, 1]);
  const target = tensor("float32", [4, 3], [1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1]);
  const result = await valueAndGrad(shifted(), { x }, target, { loss: "binaryCrossEntropy" });
  const exact = (2000 + 2 * Math.LN2 + 5 * 0 + 4 * Math.log1p(Math.exp(-1))) / 12;
  assertAlmostEquals(result.loss, exact, 1e-3);
  const found = result.gradients.get("p.weight")!.data;
  const near = (Math.exp(-1) / (1 + Math.exp(-1))) / -12;
  const slopes = [0, 0, 1 / 12, -1 / 12, -1 / 24, 1 / 24, 0, 0, near, near, near, near];
  slopes.forEach((slope, i) => assertAlmostEquals(found[i]!, slope, 1e-7));
});

Deno.test("targets of a column fit an output of one column, in either form", async () => {
  const x = tensor("float32", [4, 3], hashed("x", 12));
  const model = multiplied(hashed("w", 3));
  const column = tensor("float32", [4, 1], [3, 1, 4, 1]);
  const { loss, gradients } = await valueAndGrad(model, { x }, column, { loss: "mse" });
  for (const form of [tensor("float32", [4], [3, 1, 4, 1]), tensor("int32", [4], [3, 1, 4, 1])]) {
    const other = await valueAndGrad(model, { x }, form, { loss: "mse" });
    assertEquals(other.loss, loss);
    assertEquals(other.gradients, gradients);
  }
});

for (
  const [name, loss, target, found] of [
    ["a column for three outputs", "mse", tensor("float32", [4, 1]), "float32 [N,1]"],
    ["one number for three outputs", "binaryCrossEntropy", tensor("float32", [4]), "float32 [N]"],
    ["class indices for three numbers", "mse", tensor("int64", [4]), "int64 [N]"],
    ["numbers for classes", "crossEntropy", tensor("float32", [4]), "float32 [N]"],
    ["shares of two classes for three", "crossEntropy", tensor("float32", [4, 2]), "float32 [N,2]"],
    ["rows of class indices", "crossEntropy", tensor("int64", [4, 3]), "int64 [N,3]"],
  ] as const
) {
  Deno.test(`${name} are refused, not broadcast`, async () => {
    const x = { x: logits(1) };
    const error = await assertRejects(
      () => valueAndGrad(shifted(), x, target, { loss }),
      TypeError,
      `"${loss}"`,
    );
    assert(error.message.includes(found) && error.message.includes("[N,3]"), error.message);
  });
}

Deno.test("cross-entropy of one class is refused", async () => {
  const x = tensor("float32", [4, 3], hashed("x", 12));
  await assertRejects(
    () => valueAndGrad(multiplied(hashed("w", 3)), { x }, tensor("int64", [4])),
    TypeError,
    "two classes or more",
  );
});

for (
  const [name, loss] of [
    ["a number for each element", (g, output, target) => g.sub(output, target)],
    ["one number in all", (g, output) => g.reduce("ReduceMean", output, [0, 1], false)],
    ["a column", (g, output) => g.reduce("ReduceMean", output, [1])],
    ["integers", (g, output) => g.cast(g.reduce("ReduceMean", output, [1], false), "int64")],
    ["no value", () => 3 as never],
  ] satisfies [string, Loss][]
) {
  Deno.test(`a loss of one's own that gives ${name} is an error`, async () => {
    const target = tensor("float32", [4, 3], numbers);
    await assertRejects(
      () => valueAndGrad(shifted(), { x: logits(1) }, target, { loss }),
      TypeError,
      "one number an example",
    );
  });
}
