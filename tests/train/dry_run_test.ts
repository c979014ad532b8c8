import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { fit, type FitOptions } from "../../src/train/fit.ts";
import { adamW } from "../../src/train/optimizers/adamw.ts";
import { weightedSampler } from "../../src/train/samplers/weighted_sampler.ts";
import { pictures, smallNetwork } from "./resume_cases.ts";

/** Counts the examples that are read. */
function counted(count: number) {
  const read = new Set<number>();
  const all = pictures(count);
  const prepare: NonNullable<typeof all.prepare> = (options) => {
    const prepared = all.prepare!(options);
    const get = (index: number, epoch?: number) => {
      read.add(index);
      return prepared.get(index, epoch);
    };
    return { ...prepared, get };
  };
  return { data: { ...all, prepare }, read };
}

function run(data: Parameters<typeof fit>[1], options: FitOptions) {
  return fit(smallNetwork(), data, { batchSize: 4, verbose: false, ...options });
}

Deno.test("a dry run tries a few batches and gives the model as it was", async () => {
  const { data, read } = counted(103);
  const validation = counted(50);
  let calls = 0;
  const result = await run(data, {
    dryRun: true,
    validation: validation.data,
    epochs: 100,
    callbacks: [{ onStep: () => void calls++ }],
  });
  assertEquals(result.dryRun, true);
  // Two batches of four and a last one of three.
  assertEquals([read.size, validation.read.size, calls], [11, 10, 0]);
  assertEquals(result.history.epochs.length, 1);
  assert(Number.isFinite(result.history.epochs[0]!.validation!.loss));
  for (const [name, { value }] of smallNetwork().parameters) {
    assertEquals(result.model.parameters.get(name)!.value.data, value.data, name);
  }
});

Deno.test("a dry run leaves the checkpoints alone and says where none can be written", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const wanted = join(folder, "deep", "run");
    await run(pictures(8), { dryRun: true, checkpoint: wanted });
    assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    await assertRejects(
      () => run(pictures(8), { dryRun: true, checkpoint: { folder: join(file, "run") } }),
      Error,
      `no checkpoint can be written into "${join(file, "run")}"`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a dry run is short whatever an epoch is made of", async () => {
  const sampler = weightedSampler(new Array(30).fill(1));
  const { data, read } = counted(30);
  const { history } = await run(data, { dryRun: true, sampler, stepsPerEpoch: 1000, epochs: 9 });
  assertEquals([read.size, history.epochs.length], [10, 1]);
});

Deno.test("a dry run meets what a run would fail at", async () => {
  await assertRejects(() => run(pictures(8), { dryRun: true, schedule: () => NaN }), RangeError);
});

Deno.test("overfitBatches trains on the first batches alone, unchanged and in order", async () => {
  const { data, read } = counted(40);
  const validation = counted(40);
  const orders: number[] = [];
  const result = await run(data, {
    overfitBatches: 2,
    augment: "imagenet",
    validation: validation.data,
    epochs: 16,
    optimizer: adamW({ learningRate: 0.02 }),
    callbacks: [{ onStep: ({ count }) => void orders.push(count) }],
  });
  assertEquals([...read].sort((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7]);
  assertEquals(validation.read.size, 8);
  assertEquals(orders.length, 32);
  assert(result.history.epochs.at(-1)!.loss < 0.6 * result.history.epochs[0]!.loss);
});
