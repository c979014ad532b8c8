import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { digitCnn } from "../../models/digit_cnn.ts";
import { classCounts } from "../../src/data/class_counts.ts";
import { findDuplicates } from "../../src/data/duplicates/find_duplicates.ts";
import { kFold } from "../../src/data/k_fold.ts";
import { split } from "../../src/data/split.ts";
import { subset } from "../../src/data/subset.ts";
import { shuffleBuffer } from "../../src/data/stream/shuffle_buffer.ts";
import { stream } from "../../src/data/stream/stream.ts";
import type { Example } from "../../src/tensor/dataset.ts";
import { rng } from "../../src/tensor/rng.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { fit } from "../../src/train/fit.ts";

async function* counted(from: number, to: number) {
  for (let target = from; target < to; target++) yield { target };
}
const targetAt = async (dataset: ReturnType<typeof stream>, index: number) =>
  (await dataset.get(index))?.target;

Deno.test("stream() gives items by position, goes on in the next pass, and back to the start", async () => {
  const passes: number[] = [];
  const data = stream((pass) => {
    passes.push(pass);
    return counted(10 * pass, 10 * pass + 4);
  });
  assertEquals(data.length, Infinity);
  const asked = [0, 1, 2, 3, 4, 5].map((index) => targetAt(data, index));
  assertEquals(await Promise.all(asked), [0, 1, 2, 3, 10, 11]);
  assertEquals(await targetAt(data, 9), 21);
  assertEquals(await targetAt(data, 1), 1);
  assertEquals(passes, [0, 1, 2]);
  for (let index = 10; index < 600; index++) await targetAt(data, index);
  assertEquals(await targetAt(data, 7), 13);
  assertEquals(passes.at(-1), 1);
});

Deno.test("stream() of what can be gone through once says so when it ends or must go back", async () => {
  const data = stream(counted(0, 400));
  assertEquals(await targetAt(data, 399), 399);
  await assertRejects(() => targetAt(data, 400), RangeError, "ended after 400 examples");
  await assertRejects(() => targetAt(data, 17), RangeError, "cannot go back");
  await assertRejects(() => targetAt(stream(() => counted(0, 0)), 0), RangeError, "no examples");
  assertThrows(() => stream([1, 2] as never), TypeError, "an async iterable");
});

Deno.test("stream() passes a failure of its source on", async () => {
  const data = stream(async function* () {
    yield await Promise.resolve({ target: 1 });
    throw new Error("the line is cut");
  });
  assertEquals(await targetAt(data, 0), 1);
  await assertRejects(() => targetAt(data, 1), Error, "the line is cut");
});

Deno.test("a shuffle buffer keeps every item and moves them, the same for a seed", async () => {
  const drawn = (size: number, seed: number) =>
    Array.fromAsync(shuffleBuffer(counted(0, 50), size, rng(seed)), ({ target }) => target);
  const all = Array.from({ length: 50 }, (_, i) => i);
  const first = await drawn(10, 1);
  assertEquals(first.toSorted((a, b) => a - b), all);
  assertEquals(first, await drawn(10, 1));
  assert(first.join() !== (await drawn(10, 2)).join());
  // An item is never given before the buffer can hold it.
  first.forEach((target, place) => assert(target <= place + 10));
  assertEquals((await drawn(100, 3)).toSorted((a, b) => a - b), all);
  const data = stream(() => counted(0, 50), { shuffleBuffer: 10, seed: 1 });
  const passes = [0, 1].map((pass) =>
    Promise.all(all.map((index) => targetAt(data, 50 * pass + index)))
  );
  const [one, two] = await Promise.all(passes);
  assert(one!.join() !== two!.join());
});

function digitsFrom(start: number): AsyncIterable<Example> {
  return (async function* () {
    for (let i = start;; i++) {
      const random = rng("digit", i);
      const x = Float32Array.from({ length: 784 }, () => random.normal());
      yield await Promise.resolve({
        inputs: { x: tensor("float32", [1, 28, 28], x) },
        target: i % 10,
      });
    }
  })();
}

Deno.test("fit() trains on a stream by steps an epoch, and a resumed run skips what it has seen", async () => {
  const options = { batchSize: 4, stepsPerEpoch: 3, seed: 1, verbose: false };
  const whole = await fit(digitCnn({ seed: 1 }), stream(() => digitsFrom(0)), {
    ...options,
    epochs: 2,
  });
  const once = await fit(digitCnn({ seed: 1 }), stream(digitsFrom(0)), { ...options, epochs: 2 });
  assertEquals(whole.history.epochs.map((e) => e.loss), once.history.epochs.map((e) => e.loss));
  const checkpoint = await Deno.makeTempDir();
  try {
    const some = { ...options, checkpoint };
    await fit(digitCnn({ seed: 1 }), stream(() => digitsFrom(0)), { ...some, epochs: 1 });
    const resumed = await fit(digitCnn({ seed: 1 }), stream(digitsFrom(0)), { ...some, epochs: 2 });
    for (const [name, { value }] of whole.model.parameters) {
      assertEquals(resumed.model.parameters.get(name)!.value.data, value.data, name);
    }
  } finally {
    await Deno.remove(checkpoint, { recursive: true });
  }
});

Deno.test("fit() decodes and augments the pictures of a stream, and measures on one of known length", async () => {
  const image = { widthPx: 40, heightPx: 30, data: new Uint8Array(3600).fill(99) };
  const source = async function* () {
    for (let i = 0; i < 6; i++) yield await Promise.resolve({ image, target: i % 2 });
  };
  const data = stream(source, { length: 6 });
  const { history } = await fit(digitCnn(), data, {
    validation: stream(source, { length: 4 }),
    augment: "imagenet",
    epochs: 2,
    batchSize: 4,
    verbose: false,
  });
  assertEquals(history.epochs.length, 2);
  assert(Number.isFinite(history.epochs[1]!.validation!.loss));
  assertEquals((await evaluate(digitCnn(), data, { verbose: false })).examples, 6);
});

Deno.test("fit() and evaluate() say what a stream of unknown length needs", async () => {
  const data = stream(() => digitsFrom(0));
  const quiet = { verbose: false };
  await assertRejects(() => fit(digitCnn(), data, quiet), RangeError, '"stepsPerEpoch"');
  await assertRejects(() => evaluate(digitCnn(), data, quiet), RangeError, "unknown length");
  const balanced = { ...quiet, stepsPerEpoch: 1, sampler: "balanced" } as const;
  await assertRejects(() => fit(digitCnn(), data, balanced), TypeError, 'leave "sampler" out');
});

Deno.test("what needs examples in any order refuses a stream", async () => {
  const data = stream(() => counted(0, 9), { length: 9 });
  for (const refused of [() => split(data, 0.5), () => kFold(data), () => subset(data, [0])]) {
    assertThrows(refused, TypeError, "found a stream");
  }
  await assertRejects(() => classCounts(data), TypeError, "classCounts() needs examples");
  await assertRejects(() => findDuplicates(data), TypeError, "findDuplicates() needs examples");
});
