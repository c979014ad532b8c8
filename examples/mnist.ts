/**
 * Trains a small convolutional network on handwritten digits from random weights, then carries what it
 * learned over to a second set of which there are few pictures, beside the same network from random
 * weights.
 *
 *     deno run -A examples/mnist.ts [--data DIR] [--second DIR --set fashion|letters] [--epochs 5]
 *       [--few 10] [--network digit_cnn|lenet5] [--seed 0] [--out FILE]
 *
 * DIR holds MNIST's four IDX files, gzipped or not, as published at http://yann.lecun.com/exdb/mnist/
 * (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and
 * t10k-labels-idx1-ubyte.gz); `--second` a folder of Fashion-MNIST's or EMNIST's. Without `--data`
 * clean digits are drawn; without `--second`, digits as a careless photograph has them.
 *
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys
 */
import {
  adamW,
  type Dataset,
  evaluate,
  fit,
  freeze,
  loadBackbone,
  mnist,
  type Model,
  oneCycle,
  perClass,
  randomResizedCrop,
  replaceHead,
  rotate,
  saveModel,
  subset,
  unfreeze,
} from "../mod.ts";
import { drawnGlyphs } from "../models/glyphs/drawn_glyphs.ts";
import { bars, shareCurves } from "./shared/charts.ts";
import { answers, compare, curvesOf, type Outcome, rowsOf } from "./shared/comparison.ts";
import {
  type Findings,
  main,
  numberOf,
  percent,
  type Program,
  type ProgramOptions,
} from "./shared/program.ts";

/** What the program found. */
export interface MnistFindings extends Findings {
  /** Of the digits, from random weights. */
  readonly digits: number;
  /** Of the second set, by how the network started. */
  readonly second: Readonly<Record<"all" | "head" | "scratch", number>>;
}

/** The program, its options and their usual values. */
export const program: Program<MnistFindings> = {
  name: "mnist",
  options: {
    network: "digit_cnn",
    epochs: "5",
    drawn: "300",
    second: "",
    set: "letters",
    few: "10",
    "second-epochs": "10",
    tests: "50",
    out: "",
  },
  run,
};

type Own = Readonly<Record<string, string>>;

/** Digits from random weights, then the second set in three ways. */
export async function run(options: ProgramOptions, own: Own): Promise<MnistFindings> {
  const { seed, quiet } = options;
  const [train, test] = await digits(options, own);
  const started = performance.now();
  const network = await loadBackbone(own.network!, {
    weights: "random",
    classes: train.classes!,
    seed,
  });
  if (!quiet) console.log(`${train.length} digits, ${network.name} from random weights`);
  const { model, history } = await fit(network, train, {
    validation: test,
    epochs: numberOf(own, "epochs"),
    batchSize: 64,
    optimizer: adamW({ learningRate: 2e-3, weightDecay: 0.01 }),
    schedule: oneCycle(),
    average: { ema: { decay: 0.998, warmUp: true } },
    augment: [
      randomResizedCrop({ scale: [0.8, 1], ratio: [0.9, 1.1] }),
      rotate({ degrees: 10, interpolation: "bilinear" }),
    ],
    seed,
    verbose: !quiet,
  });
  const seconds = (performance.now() - started) / 1000;
  const report = await evaluate(model, test, { verbose: false });
  if (own.out) await saveModel(model, own.out);

  const [fewTrain, secondTest] = await secondSet(options, own);
  const classes = secondTest.classes!;
  const scratch = await loadBackbone(own.network!, { weights: "random", classes, seed: seed + 1 });
  const outcomes = await compare([
    { name: "Carried over, all trained", model: fitted(model, classes, seed) },
    {
      name: "Carried over, only the last layer trained",
      model: unfreeze(freeze(fitted(model, classes, seed), "all"), "head"),
    },
    { name: "From random weights", model: scratch },
  ], {
    train: fewTrain,
    test: secondTest,
    quiet,
    options: {
      epochs: numberOf(own, "second-epochs"),
      batchSize: 10,
      optimizer: adamW({ learningRate: 1e-3, weightDecay: 0.01 }),
      schedule: oneCycle(),
      seed,
    },
  });
  const [all, head, random] = outcomes.map(({ report }) => report.accuracy);
  const digitRun: Outcome = {
    name: "Digits, from random weights",
    model,
    history,
    report,
    seconds,
  };
  return {
    title: "Digits, then something else",
    summary: `${network.name} learned ${train.length} digits from random weights and knows ` +
      `${
        percent(report.accuracy)
      } of ${test.length} others. Then a second set of ${classes.length} classes ` +
      `from ${fewTrain.length} pictures: with its weights carried over, and from random ones.`,
    rows: rowsOf([digitRun, ...outcomes]),
    charts: [
      shareCurves("Accuracy on the second set, by epoch", curvesOf(outcomes)),
      bars(
        `${fewTrain.length} pictures of ${classes.length} classes`,
        outcomes.map(({ name, report }) => ({ name, value: report.accuracy })),
      ),
    ],
    pictures: await answers(outcomes[0]!.model, secondTest),
    digits: report.accuracy,
    second: { all: all!, head: head!, scratch: random! },
  };
}

/** The model with a new last layer, unless it knows these classes already. */
function fitted(model: Model, classes: readonly string[], seed: number): Model {
  const known = model.classes ?? [];
  const same = known.length === classes.length && known.every((name, at) => name === classes[at]);
  return same ? model : replaceHead(model, { classes, seed });
}

/** Digits to train on and to test with. */
async function digits({ data, seed }: ProgramOptions, own: Own): Promise<[Dataset, Dataset]> {
  if (data !== undefined) {
    return await Promise.all([mnist(data), mnist(data, { part: "test" })]);
  }
  const count = numberOf(own, "drawn");
  return [
    drawn(count, { seed: 3 * seed + 1, plain: true }),
    drawn(numberOf(own, "tests"), { seed: 3 * seed + 2, plain: true }),
  ];
}

/** A few pictures of each class of the second set to train on, and many to test with. */
async function secondSet({ seed }: ProgramOptions, own: Own): Promise<[Dataset, Dataset]> {
  const few = numberOf(own, "few");
  if (own.second === "") {
    return [
      drawn(few, { seed: seed + 101, plain: false }),
      drawn(numberOf(own, "tests"), { seed: seed + 202, plain: false }),
    ];
  }
  const { set } = own;
  if (set !== "digits" && set !== "fashion" && set !== "letters") {
    throw new RangeError(`--set must be digits, fashion or letters, found "${set}"`);
  }
  const [train, test] = await Promise.all(
    (["train", "test"] as const).map((part) => mnist(own.second!, { part, set })),
  );
  const spread = Array.from({ length: 2000 }, (_, at) => Math.floor(at * test!.length / 2000));
  return [perClass(train!, few, seed), subset(test!, spread)];
}

/** Drawn digits: clean, white on black as MNIST's, or as a careless photograph has them. */
function drawn(
  perClass: number,
  options: { readonly seed: number; readonly plain: boolean },
): Dataset {
  return drawnGlyphs({ characters: [..."0123456789"], perClass, sizePx: 28, ...options });
}

if (import.meta.main) await main(program);
