import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { cpu } from "../../../src/runtime/onnxruntime.ts";
import { isOutOfMemory } from "../../../src/runtime/out_of_memory.ts";
import type { Runtime } from "../../../src/runtime/runtime.ts";
import type { Callback } from "../../../src/train/callbacks/callback.ts";
import { autoBatchSize } from "../../../src/train/batch_size/auto_batch_size.ts";
import { Growth } from "../../../src/train/batch_size/growth.ts";
import { fit, type FitOptions, OutOfMemoryError } from "../../../src/train/fit.ts";
import { sgd } from "../../../src/train/optimizers/sgd.ts";
import { runToEnd } from "../../../src/train/run/run_to_end.ts";
import { settingsFor } from "../../../src/train/settings_for.ts";
import { Trainer } from "../../../src/train/trainer.ts";
import { fineTune } from "../../../src/workflow/fine_tune.ts";
import { assertSameWeights, data, smallNetwork, train } from "../resident/small_runs.ts";
import { refusalOf } from "./refusal.ts";

/** The engine's words for CUDA. */
const REFUSAL = "CUDA failure 2: out of memory ; GPU=0";

/** The CPU as if it were a card that has room for so many examples, or until so many runs are done. */
function card(room: { examples?: number; runs?: number; resident?: boolean } = {}): Runtime {
  const { examples = Infinity, resident = false } = room;
  let left = room.runs ?? Infinity;
  return {
    ...cpu,
    device: "cuda",
    keepsResident: resident,
    channelBlock: () => Promise.resolve(1),
    session: async (model, options) => {
      const session = await cpu.session(model, options);
      const check = (feeds: Readonly<Record<string, { readonly dims: readonly number[] }>>) => {
        if ((feeds.x?.dims[0] ?? 0) > examples || left-- <= 0) throw new Error(REFUSAL);
      };
      return {
        ...session,
        run: (feeds, ...more) => (check(feeds), session.run(feeds, ...more)),
        runResident: (feeds, into) => (check(feeds), session.runResident(feeds, into)),
      };
    },
  };
}

async function found(runtime: Runtime, options: FitOptions = {}): Promise<number[]> {
  const tried: number[] = [];
  const dataset = data(100);
  const model = smallNetwork();
  const settings = await settingsFor(model, dataset, { verbose: false, ...options });
  const trainerOf = (batchSize: number) => new Trainer(runtime, model, { ...settings, batchSize });
  const size = await autoBatchSize({ train: dataset, trainerOf }, {
    device: runtime.device,
    tries: (size) => tried.push(size),
  });
  return [...tried, size];
}

Deno.test("a batch size is doubled until a step fails, and never goes past the data", async () => {
  assertEquals(await found(card({ examples: 20 })), [2, 4, 8, 16, 32, 16]);
  assertEquals(await found(card()), [2, 4, 8, 16, 32, 64, 64]);
  assertEquals(await found(card({ examples: 20, resident: true })), [2, 4, 8, 16, 32, 16]);
  assertEquals(await found(card({ examples: 1 })), [2, 1]);
  await assertRejects(() => found(card({ examples: 0 })), Error, REFUSAL);
});

Deno.test("validation and the last examples of an epoch must fit as well as a step", async () => {
  // A step of 2, of 4, of 8 and the 4 that 8 leave of 100, of 16 and no more: these leave 4 as well.
  assertEquals((await found(card({ runs: 1 + 1 + 2 + 1 }))).at(-1), 8);
  // The same with an evaluation each, but for the last.
  const validation = data(4);
  assertEquals((await found(card({ runs: 2 + 2 + 3 + 2 }), { validation })).at(-1), 8);
});

Deno.test("on the CPU small steps tell how large a step keeps to the budget", () => {
  const [MiB, GiB] = [2 ** 20, 2 ** 30];
  const growth = new Growth(4 * GiB);
  growth.add(2, 210 * MiB);
  assertEquals(growth.largest(), undefined);
  growth.add(4, 220 * MiB);
  assertEquals(growth.largest(), undefined);
  growth.add(8, 240 * MiB);
  growth.add(16, 280 * MiB);
  assertEquals(growth.largest(), undefined);
  growth.add(32, 360 * MiB);
  // 5 MiB an example beside 200.
  assertEquals(growth.largest(), (4096 - 200) / 5);
  const narrow = new Growth(500 * MiB);
  narrow.add(2, 300 * MiB);
  assertEquals(narrow.largest(), 2);
});

Deno.test('fit() with batchSize "auto" comes to the weights of a run with that size', async () => {
  const options: FitOptions = { epochs: 2, optimizer: sgd({ momentum: 0.9 }), verbose: false };
  const auto = await fit(smallNetwork(), data(20), { ...options, batchSize: "auto" });
  assertEquals(auto.batchSize, 16);
  const known = await fit(smallNetwork(), data(20), { ...options, batchSize: 16 });
  assertSameWeights(auto.model, known.model, 0);
  assertEquals(known.batchSize, undefined);
  const tuned = await fineTune(smallNetwork(), data(20), {
    epochs: 1,
    freezeEpochs: 0,
    batchSize: "auto",
    verbose: false,
  });
  assertEquals(tuned.batchSize, 16);
});

Deno.test('a run with batchSize "auto" resumes with the size that it had', async () => {
  const folder = await Deno.makeTempDir();
  const options = { epochs: 1, verbose: false, checkpoint: folder } as const;
  await fit(smallNetwork(), data(20), { ...options, batchSize: 4 });
  const resumed = await fit(smallNetwork(), data(20), {
    ...options,
    epochs: 2,
    batchSize: "auto",
  });
  assertEquals(resumed.batchSize, 4);
  assertEquals(resumed.history.epochs.length, 2);
  await Deno.remove(folder, { recursive: true });
});

for (const resident of [false, true]) {
  const where = resident ? "on a device" : "at home";
  Deno.test(`where memory runs out, weights ${where} are those of the last step`, async () => {
    const [model, dataset] = [smallNetwork(), data(20)];
    const options = { epochs: 3, batchSize: 8, optimizer: sgd(), verbose: false } as const;
    const settings = await settingsFor(model, dataset, options);
    // Room for four steps of batches of 8, 8 and 4; bringing the weights home is a run of its own.
    let [steps, over] = [0, false];
    const inner = card({ resident });
    const runtime: Runtime = {
      ...inner,
      session: async (bytes, options) => {
        const session = await inner.session(bytes, options);
        const step = <T>(feeds: object, run: () => Promise<T>): Promise<T> => {
          const size = (feeds as { x?: { dims: number[] } }).x?.dims[0];
          if (size !== undefined && ++steps > 4) over = true;
          if (over && size !== undefined && size > 2) throw new Error(REFUSAL);
          return run();
        };
        return {
          ...session,
          run: (feeds, ...more) => step(feeds, () => session.run(feeds, ...more)),
          runResident: (feeds, into) => step(feeds, () => session.runResident(feeds, into)),
        };
      },
    };
    const trainerOf = (batchSize: number) =>
      new Trainer(runtime, model, { ...settings, batchSize });
    const datasets = { given: dataset, train: dataset, validation: undefined };
    const error = await assertRejects(
      () => runToEnd(trainerOf(8), datasets, trainerOf),
      OutOfMemoryError,
    );
    assertEquals(error.where, { device: "cuda", batchSize: 8, fits: 2 });
    for (const part of ["CUDA", "batch size 8", "batchSize: 2", "accumulate: 4", 'memory: "low"']) {
      assertStringIncludes(error.message, part);
    }
    assertEquals(error.history.epochs.length, 1);
    assertEquals((error.cause as Error).message, REFUSAL);
    const known = await train(cpu, { ...options, callbacks: [stopAfter(4)] });
    assertSameWeights(error.model, known.model, 1e-6);
  });
}

function stopAfter(count: number): Callback {
  return {
    onStep({ step, stop }) {
      if (step === count) stop("enough");
    },
  };
}

Deno.test("the engine's own words for memory that it cannot have are known", async () => {
  const error = await refusalOf(cpu, 2 ** 22);
  assert(isOutOfMemory(error), String(error));
  for (
    const words of [
      "std::bad_alloc",
      REFUSAL,
      "CUBLAS_STATUS_ALLOC_FAILED",
      "WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.",
      "Array buffer allocation failed",
    ]
  ) assert(isOutOfMemory(new Error(words)), words);
  assert(!isOutOfMemory(new Error("Got invalid dimensions for input: x")));
});
