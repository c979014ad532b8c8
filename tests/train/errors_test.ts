import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { arrays } from "../../src/data/arrays.ts";
import { replaceHead } from "../../src/onnx/replace_head.ts";
import { freeze } from "../../src/onnx/select.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { extractFeatures } from "../../src/train/extract_features.ts";
import { fit } from "../../src/train/fit.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { digitCnn } from "../../models/digit_cnn.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { multiplied, shifted } from "./small_models.ts";

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
  await assertRejects(of({ x }, { weights: [1, 1, 1, 1] }), TypeError, '"weights"');
  await assertRejects(of({ x }, { losss: "mse" }), TypeError, 'did you mean "loss"');
  await assertRejects(of({ x }, { loss: "hinge" }), RangeError, '"crossEntropy"');
  await assertRejects(of({ x }, { batchNorm: "sometimes" }), RangeError, "batchNorm");
  await assertRejects(of({ x }, { dropout: 0.5 }), TypeError, "dropout");
  await assertRejects(of({ x }, { seed: 0.5 }), RangeError, "seed");
  await assertRejects(of({ x: [1, 2] as never }), TypeError, '"x" must be a tensor');
  await assertRejects(
    () => valueAndGrad(shifted(), { x }, "cat" as never),
    TypeError,
    '"targets" must be a tensor',
  );
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

Deno.test("fit(), evaluate() and extractFeatures() say what a model is fed", async () => {
  const labels = tensor("int64", [2], [0, 1]);
  const wrong = [
    [{ y: pixels(2) }, 'no input "y"'],
    [{ x: pixels(2), y: pixels(2) }, 'no input "y"'],
    [{ x: tensor("float32", [2, 784]) }, "784]"],
    [{ x: tensor("float32", [2, 1, 27, 28]) }, ",1,27,28]"],
    [{ x: tensor("float64", [2, 1, 28, 28]) }, "float64["],
  ] as const;
  for (const [inputs, text] of wrong) {
    const data = arrays({ inputs, targets: labels });
    const verbose = { verbose: false };
    for (
      const run of [
        () => fit(model, data, quiet),
        () => evaluate(model, data, verbose),
        () => extractFeatures(model, data, verbose),
      ]
    ) {
      const error = await assertRejects(run, TypeError, text);
      assert(error.message.includes('"x" float32[batch,1,28,28]'), error.message);
    }
  }
});

Deno.test("fit() refuses validation data without targets", async () => {
  const validation = arrays({ inputs: { x: pixels(2) } });
  await assertRejects(
    () => fit(model, digits([0, 1]), { ...quiet, validation }),
    TypeError,
    "no targets",
  );
});

Deno.test("fit() refuses a schedule that gives no learning rate", async () => {
  for (const factor of [Number.NaN, -1, Infinity]) {
    const run = () => fit(model, digits([0, 1]), { ...quiet, schedule: () => factor });
    await assertRejects(run, RangeError, `found ${factor} at step 0`);
  }
});

Deno.test("a classifier of fewer than two classes is refused", async () => {
  assertThrows(() => replaceHead(model, { classes: 1 }), RangeError, "classes");
  assertThrows(() => replaceHead(model, { classes: ["ant"] }), RangeError, "classes");
  const one = replaceHead(model, { outputs: 1, task: "regression" });
  const options = { ...quiet, loss: "crossEntropy" } as const;
  await assertRejects(() => fit(one, digits([0, 0]), options), TypeError, "two classes");
});

Deno.test("fit() refuses classes in another order than the model's", async () => {
  const named = replaceHead(model, { classes: ["a", "b"] });
  const data = { ...digits([0, 1]), classes: ["b", "a"] };
  await assertRejects(() => fit(named, data, quiet), RangeError, '"b", "a"');
  const many = { ...digits([0, 1]), classes: ["a", "b", "c"] };
  await assertRejects(() => fit(named, many, quiet), RangeError, "3 classes");
});

const three = { x: tensor("float32", [3, 3], hashed("x", 9)) };
const numbers = tensor("float32", [3, 2], hashed("t", 6));
const product = () => multiplied(hashed("w", 6));

Deno.test("batches in which nothing counts are passed over", async () => {
  const options = { ...quiet, batchSize: 1, loss: "mse", shuffle: false } as const;
  const weights = (list: number[]) =>
    arrays({ inputs: three, targets: numbers, weights: tensor("float32", [3], list) });
  const { model: after, history } = await fit(product(), weights([0, 2, 0]), options);
  const middle = { x: tensor("float32", [1, 3], hashed("x", 9).slice(3, 6)) };
  const target = tensor("float32", [1, 2], hashed("t", 6).slice(2, 4));
  const only = await fit(product(), arrays({ inputs: middle, targets: target }), options);
  assertEquals(
    after.parameters.get("w.weight")!.value,
    only.model.parameters.get("w.weight")!.value,
  );
  assertAlmostEquals(history.epochs[0]!.loss, only.history.epochs[0]!.loss, 1e-7);
  await assertRejects(() => fit(product(), weights([0, 0, 0]), options), RangeError, "weight 0");
});

Deno.test("validation reports a loss of one's own as it reports the same loss by name", async () => {
  const data = arrays({ inputs: three, targets: numbers });
  const options = { ...quiet, batchSize: 2, validation: data } as const;
  const own = await fit(product(), data, {
    ...options,
    loss: (g, output, target) => {
      const error = g.sub(output, target);
      return g.reduce("ReduceMean", g.mul(error, error), [1], false);
    },
  });
  const named = await fit(product(), data, { ...options, loss: "mse" });
  const [a, b] = [own, named].map(({ history }) => history.epochs[0]!.validation!.loss);
  assert(b! > 0);
  assertAlmostEquals(a!, b!, 1e-6);
});
