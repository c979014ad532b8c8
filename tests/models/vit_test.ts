import { assert, assertEquals, assertThrows } from "@std/assert";
import { vitB16, vitTiny } from "../../models/vit.ts";
import { arrays } from "../../src/data/arrays.ts";
import { rng } from "../../src/tensor/rng.ts";
import { int64s, tensor } from "../../src/tensor/tensor.ts";
import { fit } from "../../src/train/fit.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";

const SIZES = { sizePx: 12, patchPx: 4, layers: 1, hidden: 16, heads: 2, classes: 3, seed: 1 };
const COUNT = 96;

/** Noise with one bright square out of three. */
function squares() {
  const random = rng("squares");
  const data = new Float32Array(COUNT * 3 * 144);
  const labels = Array.from({ length: COUNT }, () => random.integer(3));
  for (let i = 0; i < data.length; i++) {
    const [row, column] = [Math.floor(i / 12) % 12 >> 2, i % 12 >> 2];
    const isBright = row === column && labels[Math.floor(i / 432)] === row;
    data[i] = 0.5 * random.normal() + (isBright ? 2 : 0);
  }
  return { x: tensor("float32", [COUNT, 3, 12, 12], data), targets: int64s(labels) };
}

Deno.test("vitTiny() has the 5.7 million weights of DeiT-Tiny", () => {
  const sizes = [...vitTiny().parameters.values()].map(({ size }) => size);
  assertEquals(sizes.reduce((sum, size) => sum + size, 0), 5_717_416);
});

Deno.test("vitB16() learns where a bright square is, and its gradients reach every weight", async () => {
  const model = vitB16(SIZES);
  const { x, targets } = squares();
  // The classifier starts at 0, so that nothing reaches what is before it in the first step.
  const { gradients } = await valueAndGrad(model, { x }, targets);
  assertEquals([...gradients.keys()], [...model.parameters.keys()]);
  const data = arrays({ inputs: { x }, targets });
  const { model: tuned, history } = await fit(model, data, {
    epochs: 14,
    batchSize: 16,
    optimizer: adam({ learningRate: 1e-2 }),
    device: "cpu",
    verbose: false,
  });
  const moved = [...tuned.parameters.values()].filter(({ name, value }) =>
    value.data.some((one, i) => one !== model.parameters.get(name)!.value.data[i])
  );
  assertEquals(moved.length, model.parameters.size);
  const losses = history.epochs.map(({ loss }) => loss);
  assert(losses.at(-1)! < 0.5 * losses[0]!, losses.join(" "));
});

Deno.test("vitB16() has dropout where it is asked for, and refuses wrong sizes", () => {
  const dropouts = (dropout: number) =>
    [...vitB16({ ...SIZES, dropout }).graph.nodes].filter(({ opType }) => opType === "Dropout");
  // After the embeddings, of the attention's weights, after it, and twice in the dense layers.
  assertEquals([dropouts(0).length, dropouts(0.1).length], [0, 5]);
  assertThrows(() => vitB16({ sizePx: 100 }), RangeError, '"sizePx" must be a multiple of 16');
  assertThrows(() => vitB16({ hidden: 100 }), RangeError, '"hidden" must be a multiple of 12');
  // @ts-expect-error an option that does not exist
  assertThrows(() => vitB16({ depth: 3 }), TypeError, '"depth"');
});
