import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { digitCnn } from "../../models/digit_cnn.ts";
import { arrays } from "../../src/data/arrays.ts";
import { freeze } from "../../src/onnx/select.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { rng } from "../../src/tensor/rng.ts";
import { fit } from "../../src/train/fit.ts";
import { cutMix } from "../../src/train/mix/cut_mix.ts";
import type { BatchMixing, Mix, MixBatch } from "../../src/train/mix/mix.ts";
import { mixUp } from "../../src/train/mix/mix_up.ts";
import { mixUpOrCutMix } from "../../src/train/mix/mix_up_or_cut_mix.ts";
import { multiplied } from "./small_models.ts";

const floats = (dims: number[], values: ArrayLike<number>) =>
  tensor("float32", dims, Float32Array.from(values));

/** Three examples of pictures and numbers, and one that only fills the batch. */
function batch(weights = [1, 1, 1, 0]): MixBatch {
  const random = rng("mix batch");
  const bytes = Uint8Array.from({ length: 4 * 6 * 5 * 3 }, () => random.integer(256));
  return {
    inputs: {
      graft_images: tensor("uint8", [4, 6, 5, 3], bytes),
      x: floats([4, 2, 6, 5], Array.from({ length: 240 }, () => random.normal())),
    },
    targets: floats([4, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]),
    weights: floats([4], weights),
    count: 3,
    layout: "nchw",
  };
}

const PARTNERS = [2, 1, 0];

Deno.test("mixUp() gives λ·own + (1 − λ)·other, of bytes to the nearest", () => {
  const before = batch();
  const after = mixUp().apply(before, { share: 0.3, partners: PARTNERS });
  for (const [name, size] of [["graft_images", 90], ["x", 60]] as const) {
    const [from, to] = [before.inputs[name]!.data, after.inputs[name]!.data];
    for (let row = 0; row < 3; row++) {
      for (let i = 0; i < size; i++) {
        const [own, other] = [from[row * size + i]!, from[PARTNERS[row]! * size + i]!];
        const mixed = 0.3 * Number(own) + 0.7 * Number(other);
        assertAlmostEquals(Number(to[row * size + i]), mixed, name === "x" ? 1e-6 : 0.5 + 1e-9);
      }
    }
    assertEquals(to.subarray(3 * size), from.subarray(3 * size));
  }
  const shares = [0.3, 0, 0.7, 0, 1, 0, 0.7, 0, 0.3, 1, 0, 0];
  after.targets.data.forEach((share, i) => assertAlmostEquals(share, shares[i]!, 1e-6));
  assertEquals(before, batch());
});

Deno.test("the loss of a mixture counts each part by its example's own weight", () => {
  const { weights, targets } = mixUp().apply(batch([2, 1, 0.5, 0]), {
    share: 0.25,
    partners: PARTNERS,
  });
  // 0.25·2 of class 0 and 0.75·0.5 of class 2.
  assertAlmostEquals(weights.data[0]!, 0.875, 1e-6);
  assertAlmostEquals(weights.data[0]! * targets.data[0]!, 0.5, 1e-6);
  assertAlmostEquals(weights.data[0]! * targets.data[2]!, 0.375, 1e-6);
  assertEquals(weights.data[3], 0);
  const none = mixUp().apply(batch([0, 0, 0, 0]), { share: 0.25, partners: PARTNERS });
  assert(none.targets.data.every(Number.isFinite));
});

Deno.test("cutMix() pastes one rectangle, and its area says how targets are mixed", () => {
  const before = batch();
  const after = cutMix().apply(before, { share: 0.5, partners: PARTNERS, centre: [0.9, 0.2] });
  // Half the side is 0.3536: 1.77 of 5 across, 2.12 of 6 down, about (4, 1), cut off at the edges.
  const isInside = (x: number, y: number) => x >= 3 && x < 5 && y >= 0 && y < 3;
  for (let row = 0; row < 3; row++) {
    for (let y = 0; y < 6; y++) {
      for (let x = 0; x < 5; x++) {
        const from = isInside(x, y) ? PARTNERS[row]! : row;
        for (let c = 0; c < 3; c++) {
          const at = (r: number) => ((r * 6 + y) * 5 + x) * 3 + c;
          const [own, other] = [after, before].map(({ inputs }) => inputs.graft_images!.data);
          assertEquals(own![at(row)], other![at(from)]);
        }
        for (let c = 0; c < 2; c++) {
          const at = (r: number) => ((r * 2 + c) * 6 + y) * 5 + x;
          assertEquals(after.inputs.x!.data[at(row)], before.inputs.x!.data[at(from)]);
        }
      }
    }
  }
  assertAlmostEquals(after.targets.data[0]!, 1 - 6 / 30, 1e-6);
  assertAlmostEquals(after.targets.data[2]!, 6 / 30, 1e-6);
});

Deno.test("cutMix() of a share of 1 cuts nothing, of 0 about the centre everything", () => {
  const cut = cutMix();
  const same = cut.apply(batch(), { share: 1, partners: PARTNERS, centre: [0.5, 0.5] });
  assertEquals(same, batch());
  const all = cut.apply(batch(), { share: 0, partners: [1, 2, 0], centre: [0.5, 0.5] });
  assert(all.targets.data[0]! < 0.21);
});

Deno.test("mixes draw their shares from Beta(α, α), and switch as often as asked", () => {
  const random = rng("mixes");
  const both = mixUpOrCutMix({ switchProbability: 0.3, probability: 0.5 });
  const drawn = Array.from({ length: 3000 }, () => both.sample(random, 4));
  const mixed = drawn.filter((one) => one !== undefined);
  assertAlmostEquals(mixed.length / 3000, 0.5, 0.03);
  assertAlmostEquals(mixed.filter(({ centre }) => centre).length / mixed.length, 0.3, 0.04);
  const shares = mixed.filter(({ centre }) => !centre).map(({ share }) => share);
  const variance = shares.reduce((sum, share) => sum + (share - 0.5) ** 2, 0) / shares.length;
  assertAlmostEquals(variance, 1 / (4 * (2 * 0.8 + 1)), 0.01);
  assertEquals(mixUp().sample(rng(1), 5), mixUp().sample(rng(1), 5));
});

Deno.test("mixes refuse inputs without a meaning between them", () => {
  const ids: Tensor = tensor("int64", [4, 2], new BigInt64Array(8));
  const words = { ...batch(), inputs: { ids } };
  const mixing = { share: 0.5, partners: PARTNERS };
  assertThrows(() => mixUp().apply(words, mixing), TypeError, '"ids" is int64[4,2]');
  const rows = { ...batch(), inputs: { x: floats([4, 2], new Float32Array(8)) } };
  assertThrows(() => cutMix().apply(rows, mixing), TypeError, "Take mixUp()");
  assertThrows(() => mixUp({ alpha: 0 }), RangeError, 'option "alpha"');
});

function digits(count: number) {
  const random = rng("mixed digits", count);
  const pixels = Uint8Array.from({ length: count * 784 }, () => random.integer(256));
  const labels = BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 10));
  const images = tensor("uint8", [count, 28, 28, 1], pixels);
  return arrays({ images, targets: tensor("int64", [count], labels) });
}

Deno.test("fit() with a mix is the same again, other than without, and resumes bit for bit", async () => {
  const data = digits(22);
  const options = { batchSize: 8, seed: 3, verbose: false, mix: mixUpOrCutMix() };
  const model = freeze(digitCnn({ seed: 1 }), "backbone");
  const whole = await fit(model, data, { ...options, epochs: 2 });
  const again = await fit(model, data, { ...options, epochs: 2 });
  const plain = await fit(model, data, { ...options, epochs: 2, mix: undefined } as never);
  const losses = (result: typeof whole) => result.history.epochs.map(({ loss }) => loss);
  assertEquals(losses(whole), losses(again));
  assert(losses(whole)[0] !== losses(plain)[0]);
  assert(whole.history.epochs[1]!.accuracy >= 0);
  const checkpoint = await Deno.makeTempDir();
  try {
    await fit(model, data, { ...options, epochs: 1, checkpoint });
    const resumed = await fit(model, data, { ...options, epochs: 2, checkpoint });
    for (const [name, { value }] of whole.model.parameters) {
      assertEquals(resumed.model.parameters.get(name)!.value.data, value.data, name);
    }
  } finally {
    await Deno.remove(checkpoint, { recursive: true });
  }
});

Deno.test("fit() mixes what the formula says: the loss of one step of a linear model", async () => {
  const x = floats([2, 3], [1, 2, 3, -1, 0.5, 2]);
  const targets = tensor("int64", [2], BigInt64Array.of(0n, 1n));
  const weights = Float32Array.of(0.5, -0.2, 0.1, 0.3, -0.4, 0.2);
  const swap: Mix<BatchMixing | undefined> = {
    ...mixUp(),
    sample: () => ({ share: 0.6, partners: [1, 0] }),
  };
  const { history } = await fit(multiplied(weights), arrays({ inputs: { x }, targets }), {
    epochs: 1,
    batchSize: 2,
    shuffle: false,
    mix: swap,
    verbose: false,
  });
  let expected = 0;
  for (const [own, other] of [[0, 1], [1, 0]] as const) {
    const mixed = [0, 1, 2].map((i) => 0.6 * x.data[own * 3 + i]! + 0.4 * x.data[other * 3 + i]!);
    const logits = [0, 1].map((c) => mixed.reduce((sum, v, i) => sum + v * weights[i * 2 + c]!, 0));
    const norm = Math.log(logits.reduce((sum, v) => sum + Math.exp(v), 0));
    expected += (0.6 * (norm - logits[own]!) + 0.4 * (norm - logits[other]!)) / 2;
  }
  assertAlmostEquals(history.epochs[0]!.loss, expected, 1e-6);
});

Deno.test("fit() refuses a mix of features that are kept, and of targets that are no classes", async () => {
  const data = digits(10);
  await assertRejects(
    () => fit(digitCnn(), data, { mix: mixUp(), cacheCopies: 2 }),
    RangeError,
    "give one of them",
  );
  await assertRejects(
    () => fit(digitCnn(), data, { mix: "mixup" as never }),
    TypeError,
    "such as mixUp()",
  );
});
