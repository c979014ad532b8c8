/**
 * Trains a small convolutional network from random weights on handwritten digits.
 *
 *     deno run -A examples/mnist.ts --data DIR [--epochs 5] [--seed 0] [--out FILE]
 *
 * DIR holds MNIST's four IDX files, gzipped or not. Without `--data`, digits are drawn.
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys
 */
import { parseArgs } from "node:util";
import { arrays, type Dataset, evaluate, fit, saveModel, sgd } from "../mod.ts";
import { digitCnn } from "../models/digit_cnn.ts";
import { drawGlyph } from "../models/glyphs/draw_glyph.ts";
import { readIdx } from "./mnist/read_idx.ts";

const { values: args } = parseArgs({
  args: Deno.args,
  options: {
    data: { type: "string" },
    epochs: { type: "string", default: "5" },
    seed: { type: "string", default: "0" },
    out: { type: "string" },
  },
});
const seed = Number(args.seed);
const [train, test] = args.data === undefined
  ? [drawn(300, 1), drawn(100, 2)]
  : await Promise.all([files(args.data, "train"), files(args.data, "t10k")]);

const { model } = await fit(digitCnn({ classes: [..."0123456789"], seed }), train, {
  validation: test,
  epochs: Number(args.epochs),
  batchSize: 64,
  optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
  seed,
});
const { accuracy, loss } = await evaluate(model, test);
console.log(`${test.length} test digits: accuracy ${(100 * accuracy).toFixed(2)} %, loss ${loss}`);
if (args.out !== undefined) await saveModel(model, args.out);

/** One half of MNIST, normalised by its mean and standard deviation. */
async function files(folder: string, part: "train" | "t10k"): Promise<Dataset> {
  const [images, labels] = await Promise.all(
    ["images-idx3", "labels-idx1"].map((name) => idx(`${folder}/${part}-${name}-ubyte`)),
  );
  return digits(images!.data, labels!.data);
}

async function idx(path: string): ReturnType<typeof readIdx> {
  try {
    return await readIdx(`${path}.gz`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return await readIdx(path);
    throw error;
  }
}

/** Drawn digits, white on black as MNIST's. */
function drawn(perClass: number, seed: number): Dataset {
  const labels = Array.from({ length: 10 * perClass }, (_, position) => position % 10);
  const grey = new Uint8Array(784 * labels.length);
  labels.forEach((label, position) => {
    const index = Math.floor(position / 10);
    const { data } = drawGlyph(String(label), { seed, index, sizePx: 28, plain: true });
    for (let i = 0; i < 784; i++) grey[784 * position + i] = data[3 * i]!;
  });
  return digits(grey, labels);
}

function digits(pixels: Uint8Array, labels: ArrayLike<number>): Dataset {
  const x = {
    type: "float32",
    dims: [labels.length, 1, 28, 28],
    data: Float32Array.from(pixels, (pixel) => (pixel / 255 - 0.1307) / 0.3081),
  } as const;
  const targets = {
    type: "int64",
    dims: [labels.length],
    data: BigInt64Array.from(Array.from(labels), BigInt),
  } as const;
  return arrays({ inputs: { x }, targets });
}
