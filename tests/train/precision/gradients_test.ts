import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { bert } from "../../../models/bert.ts";
import { digitCnn } from "../../../models/digit_cnn.ts";
import { resnet18 } from "../../../models/resnet.ts";
import type { LossFunction } from "../../../src/artifacts/loss.ts";
import type { Model } from "../../../src/onnx/model.ts";
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts";
import { type ValueAndGrad, valueAndGrad } from "../../../src/train/value_and_grad.ts";
import { hashed } from "../../autodiff/golden_numbers.ts";
import { multiplied } from "../small_models.ts";

function numbers(dims: readonly number[]): Tensor<"float32"> {
  const count = dims.reduce((a, b) => a * b, 1);
  return tensor("float32", dims, [...hashed("x", count)].map((u) => 2 * u - 1));
}

function tokens(): Record<string, Tensor> {
  const ids = [...hashed("ids", 64)].map((u) => Math.floor(200 * u));
  return {
    input_ids: tensor("int64", [4, 16], ids),
    attention_mask: tensor("int64", [4, 16], ids.map((_, at) => Number(at % 16 < 12))),
    token_type_ids: tensor("int64", [4, 16]),
  };
}

/** Relative L2 distance of all gradients together, and the smallest cosine of a parameter's. */
function compared(found: ValueAndGrad, known: ValueAndGrad) {
  const sums = [...known.gradients].map(([name, { data }]) => {
    const other = found.gradients.get(name)!.data;
    const sum = { own: 0, others: 0, both: 0, error: 0 };
    data.forEach((one, at) => {
      sum.own += one ** 2;
      sum.others += other[at]! ** 2;
      sum.both += one * other[at]!;
      sum.error += (one - other[at]!) ** 2;
    });
    return sum;
  });
  const size = sums.reduce((total, { own }) => total + own, 0);
  const error = sums.reduce((total, one) => total + one.error, 0);
  // Some gradients are nothing but rounding, such as that of the bias of keys.
  const cosines = sums.filter(({ own }) => own > 1e-8 * size)
    .map(({ own, others, both }) => both / Math.sqrt(own * others));
  return { distance: Math.sqrt(error / size), cosine: Math.min(...cosines) };
}

/**
 * Networks, and how far float16 may take their gradients: half has 11 bits. Batch normalisation over
 * few numbers and units with kinks make more of it: PyTorch's autocast is 0.13 to 0.16 from its own
 * float32, the smallest cosine 0.985, for its ResNet-18 at this size.
 */
const networks: readonly [
  name: string,
  make: () => Model,
  inputs: () => Record<string, Tensor>,
  bounds: { readonly distance: number; readonly cosine: number },
][] = [
  ["the digit network", () => digitCnn({ seed: 1 }), () => ({ x: numbers([4, 1, 28, 28]) }), {
    distance: 0.03,
    cosine: 0.995,
  }],
  [
    "ResNet-18",
    () => resnet18({ classes: 10, sizePx: 64 }),
    () => ({ x: numbers([4, 3, 64, 64]) }),
    { distance: 0.2, cosine: 0.97 },
  ],
  [
    "a BERT of two layers",
    () => bert({ vocabulary: 200, layers: 2, hidden: 64, heads: 4, maxPositions: 32, classes: 3 }),
    tokens,
    { distance: 2e-3, cosine: 0.9999 },
  ],
];

for (const [name, make, inputs, bounds] of networks) {
  Deno.test(`gradients of ${name} in float16 are those in float32 but for rounding`, async () => {
    const model = make();
    const targets = tensor("int64", [4], [1, 2, 0, 1]);
    const known = await valueAndGrad(model, inputs(), targets, { batchNorm: "batch" });
    const options = { batchNorm: "batch", precision: "float16" } as const;
    const found = await valueAndGrad(model, inputs(), targets, options);
    assertAlmostEquals(found.loss / known.loss, 1, 2e-3);
    const { distance, cosine } = compared(found, known);
    assert(distance < bounds.distance, `${distance}`);
    assert(cosine > bounds.cosine, `${cosine}`);
    // Numbers that were never rounded would be as near as float32's own.
    assert(distance > 1e-4, `${distance}`);
  });
}

/** `factor` times the squared errors. */
function errors(factor: number): LossFunction {
  return (g, output, target) => {
    const error = g.sub(output, target);
    return g.scale(g.reduceSum(g.mul(error, error), [1], false), factor);
  };
}

const product = () => multiplied(Float32Array.from({ length: 6 }, (_, at) => at / 4));
const x = numbers([4, 3]);
const wanted = tensor("float32", [4, 2]);

Deno.test("scaling the loss saves gradients that half is too small for", async () => {
  const loss = errors(1e-9);
  const known = await valueAndGrad(product(), { x }, wanted, { loss });
  const half = { loss, precision: "float16" } as const;
  const lost = await valueAndGrad(product(), { x }, wanted, { ...half, lossScale: 1 });
  assert([...lost.gradients.get("w.weight")!.data].every((number) => number === 0));
  const saved = await valueAndGrad(product(), { x }, wanted, half);
  assert(compared(saved, known).distance < 2e-3);
});

Deno.test("gradients that are too large for half are infinite at a scale and not at a smaller one", async () => {
  const loss = errors(10);
  const half = { loss, precision: "float16" } as const;
  const known = await valueAndGrad(product(), { x }, wanted, { loss });
  const large = await valueAndGrad(product(), { x }, wanted, { ...half, lossScale: 65536 });
  assert([...large.gradients.get("w.weight")!.data].some((number) => !Number.isFinite(number)));
  const found = await valueAndGrad(product(), { x }, wanted, half);
  assert(compared(found, known).distance < 2e-3);
  assertEquals(found.outputs.y!.type, "float32");
});

Deno.test("bfloat16 is refused on the CPU, with an operator and what to do", async () => {
  const error = await assertRejects(
    () => valueAndGrad(product(), { x }, wanted, { loss: "mse", precision: "bfloat16" }),
    RangeError,
  );
  for (const part of ['"bfloat16"', '"cpu"', "MatMul", "float16", "cuda"]) {
    assert(error.message.includes(part), error.message);
  }
});
