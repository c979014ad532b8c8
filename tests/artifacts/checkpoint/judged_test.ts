/**
 * Checkpoints that Graft writes, loaded by ONNX Runtime's own training.
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";
import {
  readCheckpoint,
  writeCheckpoint,
} from "../../../src/artifacts/checkpoint/checkpoint_file.ts";
import type { Checkpoint } from "../../../src/artifacts/checkpoint/checkpoint.ts";
import type { EncodeOptions } from "../../../src/artifacts/checkpoint/encode.ts";
import { readModel } from "../../../src/onnx/read_model.ts";
import { tensor } from "../../../src/tensor/tensor.ts";
import { hashed } from "../../autodiff/golden_numbers.ts";
import { judgedTest, runOfficial } from "../official_runtime.ts";
import { parametersOf } from "./official.ts";

const MNIST = "data/ort-training-artifacts/ort-mnist-mlp";
const CONV1D = "data/ort-training-artifacts/onnxruntime_go-conv1d";
const REFERENCE = "reference/ort-training-wasm";

/** What the official runtime made of a checkpoint. */
interface Verdict {
  readonly success: boolean;
  readonly text: string;
  readonly losses: readonly number[];
  /** All parameters in the order of the training model's inputs. */
  readonly parameters: Float32Array | undefined;
}

interface Judged {
  readonly artifacts: URL;
  readonly write?: EncodeOptions;
  readonly steps?: number;
  readonly feeds?: string;
  readonly optimizer?: string;
  readonly export?: boolean;
}

async function judge(checkpoint: Checkpoint, options: Judged): Promise<Verdict> {
  const folder = await Deno.makeTempDir();
  try {
    const [written, exported] = [join(folder, "checkpoint"), join(folder, "parameters")];
    await writeCheckpoint(written, checkpoint, options.write);
    const artifacts = fromFileUrl(options.artifacts);
    const args = [artifacts, "--ckpt", relative(artifacts, written)];
    args.push("--optim", options.optimizer ?? "none");
    if (options.feeds) args.push("--feeds", options.feeds, "--steps", `${options.steps ?? 1}`);
    if (options.export) args.push("--params", exported);
    const { success, text } = await runOfficial("run.mjs", args);
    const losses = [...text.matchAll(/^\d+ \{"[^"]+":\[([^,\]]+)/gm)].map(([, loss]) =>
      Number(loss)
    );
    const bytes = await Deno.readFile(exported).catch(() => undefined);
    return { success, text, losses, parameters: bytes && new Float32Array(bytes.buffer) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The parameters' elements in the order of the training model's inputs. */
async function inModelOrder(checkpoint: Checkpoint, model: URL): Promise<Float32Array> {
  const parameters = parametersOf(checkpoint);
  const { graph } = await readModel(await Deno.readFile(model));
  const ordered = graph.inputs.flatMap(({ name }) => [...parameters.get(name)?.data ?? []]);
  return Float32Array.from(ordered as number[]);
}

/** The parameters with other values, and in reverse order. */
function changed(checkpoint: Checkpoint): Checkpoint {
  const trainable = [...checkpoint.trainable].reverse().map(([name, { dims, data }]) =>
    [name, tensor("float32", dims, hashed(name, data.length))] as const
  );
  return { ...checkpoint, trainable: new Map(trainable) };
}

judgedTest(
  "the official runtime exports exactly the parameters that were written",
  [`${MNIST}/checkpoint.ckpt`, `${MNIST}/training_model.onnx`],
  async (path, model) => {
    const artifacts = new URL(".", path);
    const read = await readCheckpoint(path);
    const properties = new Map<string, bigint | number | string>([
      ["epoch", 3n],
      ["best", 0.5],
      ["note", "ü"],
    ]);
    const frozen = new Map([["extra", tensor("int64", [3], [1, 2, 3])]]);
    for (const checkpoint of [read, { ...changed(read), properties }]) {
      const verdict = await judge(checkpoint, { artifacts, export: true });
      assert(verdict.success, verdict.text);
      assertEquals(verdict.parameters, await inModelOrder(checkpoint, model));
    }
    const verdict = await judge({ ...read, frozen }, { artifacts });
    assert(verdict.success, verdict.text);
  },
);

judgedTest(
  "the official runtime trains from a written checkpoint with the losses of the official one",
  [`${MNIST}/checkpoint.ckpt`, `${REFERENCE}/mnist-feeds.json`],
  async (path, feeds) => {
    const verdict = await judge(await readCheckpoint(path), {
      artifacts: new URL(".", path),
      feeds: fromFileUrl(feeds),
      optimizer: "adamw.onnx",
      steps: 3,
    });
    const losses = verdict.losses.map((loss) => loss.toFixed(7));
    assertEquals(losses, ["2.2543895", "0.7131874", "0.1752452"], verdict.text);
  },
);

judgedTest(
  "the official runtime loads a nominal checkpoint, and refuses version 1",
  [`${MNIST}/checkpoint.ckpt`],
  async (path) => {
    const artifacts = new URL(".", path);
    const read = await readCheckpoint(path);
    const nominal = await judge({ ...read, nominal: true }, { artifacts });
    assert(nominal.success, nominal.text);
    const older = await judge(read, { artifacts, write: { version: 1 } });
    assert(!older.success);
    assertStringIncludes(older.text, "Checkpoint version 1 is not supported");
  },
);

/**
 * Where all parameters and targets are 0 the gradients of the mean absolute error are exactly 0, so
 * that a step of AdamW follows from the moments alone: with its momenta m and v and the step t,
 * w = -lr·√(1 - β₂ᵗ)/(1 - β₁ᵗ)·β₁·m / (√(β₂·v) + ε), lr = 0.001 and ε = 1e-6.
 */
judgedTest(
  "the official runtime goes on from the optimizer state that was written",
  [`${CONV1D}/checkpoint`, `${CONV1D}/training_model.onnx`],
  async (path, model) => {
    const { trainable: known } = await readCheckpoint(path);
    const filled = (value: (index: number, size: number) => number) =>
      new Map([...known].map(([name, { dims, data }]) => [
        name,
        tensor("float32", dims, Array.from(data as Float32Array, (_, i) => value(i, data.length))),
      ]));
    const first = filled((i, size) => (i + 1) / size);
    const second = filled((i) => (i + 1) / 4);
    const state = [...known.keys()].map((name) =>
      [
        name,
        new Map([["momentum0", first.get(name)!], ["momentum1", second.get(name)!]]),
      ] as const
    );
    const group = { name: "group0", step: 4, initialLearningRate: 0.05, moments: new Map(state) };
    const checkpoint = {
      trainable: filled(() => 0),
      frozen: new Map(),
      optimizerGroups: [group],
      properties: new Map(),
      nominal: false,
    };
    const feeds = await Deno.makeTempFile({ suffix: ".json" });
    const zeros = (...dims: number[]) => {
      return { type: "float32", dims, data: Array(dims.reduce((a, b) => a * b)).fill(0) };
    };
    const fed = { input: zeros(10, 1, 4), target: zeros(10, 1, 2) };
    await Deno.writeTextFile(feeds, JSON.stringify(fed));
    const options = { artifacts: new URL(".", path), feeds, export: true };
    const verdict = await judge(checkpoint, { ...options, optimizer: "optimizer_model.onnx" });
    await Deno.remove(feeds);
    assert(verdict.success, verdict.text);
    const t = group.step + 1;
    const rate = 0.001 * Math.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t);
    const expected = [...known.keys()].flatMap((name) =>
      Array.from(
        first.get(name)!.data,
        (m, i) => -rate * 0.9 * m / (Math.sqrt(0.999 * second.get(name)!.data[i]!) + 1e-6),
      )
    );
    const order = [...(await readModel(await Deno.readFile(model))).graph.inputs]
      .map(({ name }) => name).filter((name) => known.has(name));
    assertEquals(order, [...known.keys()]);
    verdict.parameters!.forEach((value, i) =>
      assert(Math.abs(value / expected[i]! - 1) < 1e-5, `${i}: ${value} for ${expected[i]}`)
    );
  },
);
