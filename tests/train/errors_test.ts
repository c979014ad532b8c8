import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { arrays } from "../../src/data/arrays.ts";
import { freeze } from "../../src/onnx/select.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { fit } from "../../src/train/fit.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { digitCnn } from "../../models/digit_cnn.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { shifted } from "./small_models.ts";

const pixels = (count: number) =>
  tensor("float32", [count, 1, 28, 28], hashed("pixels", 784 * count));
const digits = (labels: readonly number[]) =>
  arrays({
    inputs: { x: pixels(labels.length) },
    targets: tensor("int64", [labels.length], labels),
  });
const quiet = { epochs: 1, verbose: false } as const;
const model = digitCnn({ classes: 10, seed: 1 });
const x = tensor("float32", [4, 3], hashed("x", 12));
const y = tensor("int64", [4], [0, 1, 2, 0]);

Deno.test("fit() names a label out of range and its example", async () => {
  const error = await assertRejects(() => fit(model, digits([0, 1, 12]), quiet), RangeError, "12");
  assertEquals(/\b2\b/.test(error.message), true, error.message);
});

Deno.test("fit() says what to do where everything is frozen", async () => {
  await assertRejects(
    () => fit(freeze(model, "all"), digits([0, 1]), quiet),
    RangeError,
    "unfreeze",
  );
});

Deno.test("fit() names an option that is wrong, its value and what is allowed", async () => {
  const wrong = [
    [{ epochs: 0 }, "epochs"],
    [{ batchSize: 1.5 }, "batchSize"],
    [{ batchNorm: "sometimes" }, "batchNorm"],
    [{ learningRate: 1 }, "learningRate"],
    [{ loss: "accuracy" }, "loss"],
  ] as const;
  for (const [options, name] of wrong) {
    await assertRejects(() => fit(model, digits([0, 1]), options as never), Error, name);
  }
});

Deno.test("fit() and evaluate() refuse data without examples or targets", async () => {
  const none = { length: 0, get: () => undefined };
  await assertRejects(() => fit(model, none, quiet), RangeError, "no examples");
  await assertRejects(() => evaluate(model, none, { verbose: false }), RangeError, "no examples");
  await assertRejects(() => fit(model, arrays({ inputs: { x: pixels(2) } }), quiet), Error);
});

Deno.test("arrays() refuses tensors of unequal lengths", () => {
  assertThrows(
    () => arrays({ inputs: { x: pixels(3) }, targets: tensor("int64", [2], [0, 1]) }),
    Error,
    "2",
  );
});

Deno.test("valueAndGrad() names inputs, weights and options that do not fit", async () => {
  const of = (inputs: Parameters<typeof valueAndGrad>[1], options = {}) => () =>
    valueAndGrad(shifted(), inputs, y, options);
  await assertRejects(of({}), TypeError, '"x" is missing');
  await assertRejects(of({ x, z: x }), TypeError, 'no input "z"');
  await assertRejects(of({ x: tensor("float64", [4, 3], [...x.data]) }), TypeError, "float64[4,3]");
  await assertRejects(of({ x: tensor("float32", [3, 3], new Array(9)) }), TypeError, "[3,3]");
  await assertRejects(
    of({ x }, { weights: tensor("float32", [2], [1, 1]) }),
    TypeError,
    "float32[4]",
  );
  await assertRejects(of({ x }, { losss: "mse" }), Error, "losss");
});

Deno.test("the last, smaller batch counts with its own examples", async () => {
  const labels = [0, 1, 2, 3, 4];
  const still = { ...quiet, shuffle: false, optimizer: sgd({ learningRate: 1e-12 }) };
  const bare = digitCnn({ classes: 10, seed: 1, dropout: false });
  const parts = await fit(bare, digits(labels), { ...still, batchSize: 3 });
  const whole = await fit(bare, digits(labels), { ...still, batchSize: 5 });
  const [a, b] = [parts, whole].map(({ history }) => history.epochs[0]!.loss);
  assertEquals(Math.abs(a! - b!) < 1e-6 * b!, true, `${a} and ${b}`);
});
