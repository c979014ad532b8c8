import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { loadBackbone } from "../../models/load_backbone.ts";
import { crossEntropy } from "../../src/artifacts/losses/cross_entropy.ts";
import { distill } from "../../src/artifacts/losses/distill.ts";
import { klDivergence } from "../../src/artifacts/losses/kl_divergence.ts";
import { arrays } from "../../src/data/arrays.ts";
import { mlp } from "../../src/onnx/heads/layers.ts";
import { replaceHead } from "../../src/onnx/replace_head.ts";
import { freeze } from "../../src/onnx/select.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { fit } from "../../src/train/fit.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { predict } from "../../src/workflow/predict.ts";
import { hashed } from "../autodiff/golden_numbers.ts";

const backbone = await loadBackbone("digit_cnn", { weights: "random" });
const head = mlp({ hidden: 6, batchNorm: true, dropout: 0.5 });
const classes = ["ant", "bee", "cat"];
/** Dropout and batch normalisation in both. */
const teacher = replaceHead(backbone, { classes, head, seed: 7 });
const student = replaceHead(backbone, { classes, head, seed: 1 });
const x = tensor("float32", [4, 1, 28, 28], hashed("pictures", 4 * 784));
const targets = tensor("int64", [4], [0, 1, 2, 1]);

Deno.test("a teacher answers as it does in use, whatever its student's layers do", async () => {
  const answers = await predict(teacher, arrays({ inputs: { x } }));
  const shares = answers.flatMap((row) =>
    row.toSorted((a, b) => a.index - b.index).map(({ probability }) => probability)
  );
  const soft = tensor("float32", [4, 3], shares);
  for (const batchNorm of ["batch", "running"] as const) {
    const options = { batchNorm, dropout: true, seed: 3 } as const;
    const loss = distill({ teacher, alpha: 1, temperature: 1 });
    const found = await valueAndGrad(student, { x }, targets, { ...options, loss });
    const exact = await valueAndGrad(student, { x }, soft, { ...options, loss: klDivergence() });
    assertAlmostEquals(found.loss, exact.loss, 1e-6);
    assertEquals([...found.gradients.keys()], [...exact.gradients.keys()]);
    for (const [name, { data }] of exact.gradients) {
      const size = data.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
      data.forEach((slope, i) =>
        assertAlmostEquals(found.gradients.get(name)!.data[i]!, slope, 1e-5 * size + 1e-9)
      );
    }
    assertEquals(Object.keys(found.outputs), ["logits"], "the teacher's answers are none of it");
  }
});

Deno.test("a student of pictures learns from a teacher, frozen part and checkpoint included", async () => {
  const bytes = Uint8Array.from(hashed("pictures", 8 * 784), (u) => 128 + 127 * u);
  const images = tensor("uint8", [8, 28, 28], bytes);
  const labels = tensor("int64", [8], [0, 1, 2, 1, 0, 1, 2, 0]);
  const data = arrays({ images, targets: labels });
  const loss = distill({
    teacher: { ...teacher, preprocessing: { ...teacher.preprocessing!, mean: [0.3], std: [0.4] } },
    loss: crossEntropy({ classWeights: "balanced" }),
  });
  const options = { loss, batchSize: 4, verbose: false, validation: data } as const;
  const optimizer = sgd({ learningRate: 0.05 });
  for (const model of [student, freeze(student, (one) => !one.head)]) {
    const folder = await Deno.makeTempDir();
    const whole = await fit(model, data, { ...options, optimizer, epochs: 3 });
    await fit(model, data, { ...options, optimizer, epochs: 1, checkpoint: folder });
    const rest = await fit(model, data, { ...options, optimizer, epochs: 3, checkpoint: folder });
    await Deno.remove(folder, { recursive: true });
    for (const [name, { value }] of whole.model.parameters) {
      assertEquals(rest.model.parameters.get(name)!.value.data, value.data, name);
    }
    const { validation } = whole.history.epochs[2]!;
    assert(validation!.loss < whole.history.epochs[0]!.validation!.loss);
    const report = await evaluate(whole.model, data, { loss, verbose: false, batchSize: 3 });
    assertAlmostEquals(report.loss, validation!.loss, 1e-5);
    assertEquals(report.accuracy, validation!.accuracy);
  }
});

Deno.test("a teacher of pictures of another size is refused", async () => {
  const other = { ...teacher, preprocessing: { ...teacher.preprocessing!, heightPx: 32 } };
  const loss = distill({ teacher: other });
  await assertRejects(
    () => valueAndGrad(student, { x }, targets, { loss }),
    TypeError,
    "32×28",
  );
});
