/**
 * Carries a pretrained network over to ten classes of small pictures by the plainest recipe: a new last
 * layer, stochastic gradient descent at a rate of 0.001 with momentum 0.9, batches of 100; once with
 * everything below it frozen, once trained as a whole.
 *
 *     deno run -A examples/cifar10.ts [--data DIR|FILE,FILE…] [--backbone NAME|FILE] [--epochs 5]
 *       [--train 0] [--test 0] [--rate 0.001] [--batch 100] [--seed 0]
 *
 * DIR holds the binary version of CIFAR-10 as https://www.cs.toronto.edu/~kriz/cifar.html has it:
 * `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, gzipped or not. Of single files a
 * fifth is held back to test with. BACKBONE is a name of the registry or an ONNX file, ResNet-18 of
 * ImageNet where none is given; its pictures are enlarged to the size it learned on. `--train` and
 * `--test` take so many pictures of each class; 0 takes all. Without `--data`, ten drawn digits are
 * learned by a network that knows letters, with batches of 20 and a rate of 0.02, since they are few.
 *
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys (--allow-net for a
 * backbone by name)
 */
import {
  cifar10,
  type Dataset,
  freeze,
  loadBackbone,
  perClass,
  replaceHead,
  sgd,
  split,
} from "../mod.ts";
import { glyphNet } from "../models/glyph_net.ts";
import { drawnGlyphs } from "../models/glyphs/drawn_glyphs.ts";
import { bars, shareCurves } from "./shared/charts.ts";
import { answers, type Candidate, compare, curvesOf, rowsOf } from "./shared/comparison.ts";
import {
  type Findings,
  main,
  numberOf,
  type Program,
  type ProgramOptions,
} from "./shared/program.ts";

/** What the program found. */
export interface Cifar10Findings extends Findings {
  /** Accuracy on the test pictures. */
  readonly accuracy: { readonly frozen: number; readonly whole: number; readonly scratch?: number };
}

type Own = Readonly<Record<string, string>>;

/** The program, its options and their usual values. */
export const program: Program<Cifar10Findings> = {
  name: "cifar10",
  options: {
    backbone: "",
    epochs: "5",
    rate: "",
    batch: "",
    train: "0",
    test: "0",
    drawn: "60",
  },
  run,
};

/** The network frozen, whole, and from random weights where it is the repository's own. */
export async function run(options: ProgramOptions, own: Own): Promise<Cifar10Findings> {
  const { seed, quiet, data } = options;
  const [train, test] = data === undefined ? drawn(seed, own) : await published(data, seed, own);
  const classes = train.classes!;
  const glyphs = new URL("../models/glyphs.onnx", import.meta.url);
  const backbone = await loadBackbone(own.backbone || (data === undefined ? glyphs : "resnet18"));
  const candidates: Candidate[] = [
    {
      name: "Frozen, new last layer",
      model: replaceHead(freeze(backbone, "all"), { classes, seed }),
    },
    { name: "Trained as a whole", model: replaceHead(backbone, { classes, seed }) },
  ];
  if (backbone.name === "glyphs") {
    candidates.push({ name: "From random weights", model: glyphNet({ classes, seed: seed + 1 }) });
  }
  // So few drawn pictures make few steps of a hundred: smaller batches and a higher rate for them.
  const batchSize = own.batch ? numberOf(own, "batch") : data === undefined ? 20 : 100;
  const learningRate = own.rate ? numberOf(own, "rate") : data === undefined ? 0.02 : 0.001;
  const outcomes = await compare(candidates, {
    train,
    test,
    quiet,
    options: {
      epochs: numberOf(own, "epochs"),
      batchSize,
      optimizer: sgd({ learningRate, momentum: 0.9 }),
      seed,
    },
  });
  const [frozen, whole, scratch] = outcomes.map(({ report }) => report.accuracy);
  const best = outcomes.reduce((a, b) => b.report.accuracy > a.report.accuracy ? b : a);
  return {
    title: `${backbone.name} to ${classes.length} classes of small pictures`,
    summary: `SGD at ${learningRate}, momentum 0.9, batches of ${batchSize}: ${train.length} ` +
      `pictures to learn from, ${test.length} to measure on.`,
    rows: rowsOf(outcomes),
    charts: [
      shareCurves("Accuracy on new pictures, by epoch", curvesOf(outcomes)),
      bars(
        "Accuracy on new pictures",
        outcomes.map(({ name, report }) => ({ name, value: report.accuracy })),
      ),
    ],
    pictures: await answers(best.model, test),
    accuracy: { frozen: frozen!, whole: whole!, ...(scratch !== undefined && { scratch }) },
  };
}

/** Ten digits. */
function drawn(seed: number, own: Own): [Dataset, Dataset] {
  const characters = [..."0123456789"];
  const [many, few] = [numberOf(own, "drawn"), numberOf(own, "test") || 20];
  return [
    drawnGlyphs({ characters, perClass: many, seed: 10 * seed + 6 }),
    drawnGlyphs({ characters, perClass: few, seed: 10 * seed + 7 }),
  ];
}

/** CIFAR-10 from a folder, or from files with a fifth of them held back. */
async function published(data: string, seed: number, own: Own): Promise<[Dataset, Dataset]> {
  const isFolder = await Deno.stat(data).then((found) => found.isDirectory, () => false);
  const [train, test] = isFolder
    ? await Promise.all([cifar10(data), cifar10(data, { part: "test" })])
    : parts(await cifar10(data.split(",")), seed);
  const some = (dataset: Dataset, count: number) =>
    count > 0 ? perClass(dataset, count, seed) : dataset;
  return [some(train, numberOf(own, "train")), some(test, numberOf(own, "test"))];
}

function parts(all: Dataset, seed: number): [Dataset, Dataset] {
  const { train, validation } = split(all, 0.2, { seed });
  return [train, validation];
}

if (import.meta.main) await main(program);
