/**
 * Looks for the learning rate, the depth of unfreezing and the augmentation that fine-tune a network
 * best, instead of guessing them: many short trials, of which the better half goes on (ASHA), and a
 * picture of all of them. Beside it, the same network with usual settings and as many epochs.
 *
 *     deno run -A examples/search.ts
 *
 * Without data: three drawn pictures of each digit, and the network that learned letters. With data:
 *
 *     deno run -A examples/search.ts --data DIR --backbone mobilenet_v2
 *
 * DIR has a folder for each class, such as the ants and bees of PyTorch's transfer-learning tutorial
 * (download.pytorch.org/tutorial/hymenoptera_data.zip: DIR is its folder `train`); half of the pictures
 * train, a quarter compares the trials, a quarter measures the result.
 *
 * Options: `--trials` (16), `--epochs` of the longest trials (8), `--few` pictures of each drawn class to
 * learn from (3), `--blocks` how many of the last blocks of a backbone of one's own "last blocks" are
 * (1), `--folder` where the search is kept, so that the same command goes on after a break.
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys (and --allow-net for a
 * backbone by name or URL)
 */
import {
  adamW,
  asha,
  blocks,
  choice,
  colorJitter,
  type Dataset,
  evaluate,
  fit,
  type FitOptions,
  freeze,
  imageFolder,
  loadBackbone,
  logUniform,
  type Model,
  oneCycle,
  plotParallel,
  replaceHead,
  rotate,
  searchFit,
  searchTable,
  split,
  trialPoints,
  unfreeze,
} from "../mod.ts";
import { drawnGlyphs } from "../models/glyphs/drawn_glyphs.ts";
import { type Findings, main, percent, type ProgramOptions, type Row } from "./shared/program.ts";

/** What a way to train comes to. */
export interface SearchScores {
  /** Accuracy on the pictures that trials are compared by. */
  readonly validation: number;
  /** Accuracy on pictures that nothing was chosen by. */
  readonly test: number;
}

/** What the program found. */
export interface SearchFindings extends Findings {
  /** The usual settings, and the best that were found. */
  readonly scores: Readonly<Record<"usual" | "best", SearchScores>>;
  /** Accuracy on the validation pictures of every trial as it ended, best first. */
  readonly trials: readonly number[];
}

const OPTIONS = {
  backbone: "",
  trials: "16",
  epochs: "8",
  few: "3",
  test: "40",
  blocks: "1",
  folder: "",
};

/** What is looked for; the names are those of the picture. */
const SPACE = {
  "learning rate": logUniform(1e-4, 3e-2),
  "trained": choice(["head", "last blocks", "all"]),
  "pictures": choice(["plain", "turned, recoloured", "gentle crops and flips"]),
};
/** What is taken where nobody looks: a new head on a frozen backbone, at a rate that does no harm. */
const USUAL = { "learning rate": 1e-3, "trained": "head", "pictures": "plain" } as const;
const TURNED = [rotate({ degrees: 15 }), colorJitter({ brightness: 0.3, contrast: 0.3 })];

/** Values of a trial. */
interface Values {
  readonly "learning rate": number;
  readonly trained: "head" | "last blocks" | "all";
  readonly pictures: "plain" | "turned, recoloured" | "gentle crops and flips";
}

/** Pictures to train on, to compare by, to measure on; and the network to start from. */
interface Task {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
  readonly backbone: Model;
}

/** Trains with the usual settings, searches, and measures both. */
export async function run(
  { seed, data, quiet }: ProgramOptions,
  own: Readonly<Record<string, string>> = OPTIONS,
): Promise<SearchFindings> {
  const given = { ...OPTIONS, ...own };
  const { train, validation, test, backbone } = data
    ? await ownPictures(data, given.backbone, seed)
    : await digits(given, seed);
  const epochs = Number(given.epochs);
  const model = replaceHead(freeze(backbone, "all"), { classes: train.classes!, seed });
  const setup = (values: Values) => setupOf(values, model, Number(given.blocks));
  const common = { batchSize: 16, schedule: oneCycle(), seed, verbose: !quiet } as const;

  let started = performance.now();
  const usual = setup(USUAL);
  const plain = await fit(usual.model, train, { ...common, ...usual.options, epochs });
  const usualSeconds = (performance.now() - started) / 1000;
  started = performance.now();
  const found = await searchFit(model, train, {
    ...common,
    validation,
    space: SPACE,
    strategy: asha({
      trials: Number(given.trials),
      reduction: 2,
      minEpochs: Math.max(Math.floor(epochs / 4), 1),
      maxEpochs: epochs,
    }),
    configure: (values) => setup(values as Values),
    ...given.folder && { folder: given.folder },
  });
  const searchSeconds = (performance.now() - started) / 1000;
  if (!quiet) console.log(`\n${searchTable(found)}`);
  const measured = async (one: Model): Promise<SearchScores> => ({
    validation: (await evaluate(one, validation, { verbose: false })).accuracy!,
    test: (await evaluate(one, test, { verbose: false })).accuracy!,
  });
  const scores = { usual: await measured(plain.model), best: await measured(found.model!) };
  const points = trialPoints(found);
  const best = found.best!.values as Values;
  return {
    title: "Settings that were looked for",
    summary:
      `${points.length} trials of up to ${epochs} epochs on ${train.length} pictures, compared ` +
      `on ${validation.length}; ${test.length} others measure the result. The best trial trained ` +
      `"${best.trained}" on "${best.pictures}" pictures at ${
        best["learning rate"].toExponential(1)
      }.`,
    rows: [
      row("usual settings", scores.usual, usualSeconds),
      row("median of the trials", { validation: medianOf(points.map(({ value }) => value)) }),
      row("best found", scores.best, searchSeconds),
    ],
    charts: [await plotParallel(points, { objective: "accuracy", best: "maximum" })],
    scores,
    trials: points.map(({ value }) => value),
  };
}

/** The model of a trial and how it is fitted. */
function setupOf(
  { "learning rate": learningRate, trained, pictures }: Values,
  model: Model,
  last: number,
): { readonly model: Model; readonly options: FitOptions } {
  const body = blocks(model).slice(0, -1);
  const wanted = { head: [], "last blocks": body.slice(-last), all: body }[trained];
  const names = new Set(wanted.flatMap(({ parameters }) => parameters));
  const augment = {
    plain: "none",
    "turned, recoloured": TURNED,
    "gentle crops and flips": "gentle",
  } as const;
  return {
    model: names.size > 0 ? unfreeze(model, ({ name }) => names.has(name)) : model,
    options: { optimizer: adamW({ learningRate }), augment: augment[pictures] },
  };
}

async function digits({ few, test }: typeof OPTIONS, seed: number): Promise<Task> {
  const characters = [..."0123456789"];
  const draw = (perClass: number, what: number) =>
    drawnGlyphs({ characters, perClass, seed: 3 * seed + what });
  return {
    train: draw(Number(few), 0),
    validation: draw(10, 1),
    test: draw(Number(test), 2),
    backbone: await loadBackbone(new URL("../models/glyphs.onnx", import.meta.url)),
  };
}

async function ownPictures(folder: string, backbone: string, seed: number): Promise<Task> {
  const half = split(await imageFolder(folder), 0.5, { seed });
  const quarters = split(half.validation, 0.5, { seed });
  return {
    train: half.train,
    validation: quarters.train,
    test: quarters.validation,
    backbone: await loadBackbone(backbone || "mobilenet_v2"),
  };
}

function medianOf(falling: readonly number[]): number {
  return falling[Math.floor(falling.length / 2)]!;
}

function row(name: string, { validation, test }: Partial<SearchScores>, seconds?: number): Row {
  return {
    name,
    figures: {
      "validation accuracy": percent(validation!),
      "test accuracy": test === undefined ? "–" : percent(test),
      time: seconds === undefined ? "–" : `${seconds.toFixed(1)} s`,
    },
  };
}

if (import.meta.main) await main({ name: "search", options: OPTIONS, run });
