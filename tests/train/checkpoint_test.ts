import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { arrays } from "../../src/data/arrays.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { readCheckpoint, writeCheckpoint } from "../../src/train/checkpoint.ts";
import { fit, type FitOptions } from "../../src/train/fit.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { normalised } from "./small_models.ts";

const data = arrays({
  inputs: { x: tensor("float32", [7, 3, 2, 2], hashed("x", 84)) },
  targets: tensor("float32", [7, 3, 2, 2], hashed("y", 84)),
});

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function run(options: FitOptions) {
  const fixed = { batchSize: 3, loss: "mse", seed: 5, verbose: false } as const;
  return fit(normalised(), data, { ...fixed, ...options });
}

for (
  const optimizer of [sgd({ learningRate: 0.1, momentum: 0.9 }), adam({ learningRate: 0.01 })]
) {
  Deno.test(`a run with ${optimizer.name} and batch normalisation resumes bit for bit`, () =>
    inFolder(async (checkpoint) => {
      const whole = await run({ optimizer, epochs: 4 });
      await run({ optimizer, epochs: 2, checkpoint });
      const resumed = await run({ optimizer, epochs: 4, checkpoint });
      for (const name of ["weight", "bias", "running_mean", "running_var"]) {
        const [a, b] = [whole, resumed].map(({ model }) => model.graph.value(name).constant!.data);
        assertEquals(a, b, name);
      }
      const losses = (one: typeof whole) => one.history.epochs.map(({ loss }) => loss);
      assertEquals(losses(resumed), losses(whole));
    }));
}

Deno.test("a checkpoint comes back as it was written", () =>
  inFolder(async (folder) => {
    const tensors = new Map([["a", tensor("float32", [2, 2], [1, 2, 3, 4])]]);
    await writeCheckpoint(folder, { tensors, state: { epoch: 3 } });
    const read = await readCheckpoint(folder);
    assertEquals(read?.state, { epoch: 3 });
    assertEquals(read?.tensors.get("a"), tensors.get("a"));
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  }));

Deno.test("no checkpoint is no error", () =>
  inFolder(async (folder) => assertEquals(await readCheckpoint(folder), undefined)));

for (
  const [name, damage] of [
    ["cut short in its tensors", (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 4)],
    ["cut short in its header", (bytes: Uint8Array) => bytes.subarray(0, 20)],
    ["cut short in its length", (bytes: Uint8Array) => bytes.subarray(0, 5)],
    ["empty", () => new Uint8Array()],
    ["of a header that claims to be endless", (bytes: Uint8Array) => bytes.with(6, 255)],
    ["of a header that is not JSON", (bytes: Uint8Array) => bytes.with(8, 33)],
  ] as const
) {
  Deno.test(`a checkpoint ${name} is an error that names the file, and stays as it is`, () =>
    inFolder(async (folder) => {
      await run({ epochs: 1, checkpoint: folder });
      const [entry] = [...Deno.readDirSync(folder)];
      const path = join(folder, entry!.name);
      await Deno.writeFile(path, damage(await Deno.readFile(path)));
      const damaged = await Deno.readFile(path);
      const error = await assertRejects(
        () => run({ epochs: 2, checkpoint: folder }),
        SyntaxError,
        path,
      );
      assertEquals(error.message.includes("start anew"), true);
      assertEquals(await Deno.readFile(path), damaged);
    }));
}

Deno.test("a checkpoint of another run is refused and stays as it is", () =>
  inFolder(async (checkpoint) => {
    await run({ epochs: 1, checkpoint });
    const [entry] = [...Deno.readDirSync(checkpoint)];
    const before = await Deno.readFile(join(checkpoint, entry!.name));
    await assertRejects(
      () => run({ epochs: 2, checkpoint, optimizer: sgd() }),
      RangeError,
      "another run",
    );
    assertEquals(await Deno.readFile(join(checkpoint, entry!.name)), before);
  }));
