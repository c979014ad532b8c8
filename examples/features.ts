/**
 * Uses what a network has learned without training it: its features go into classical classifiers
 * (k nearest neighbours, logistic regression), into a search for pictures like a given one, and into a
 * map of all pictures. Beside it, the same on plain pixels and on the network with random weights.
 *
 *     deno run -A examples/features.ts
 *
 * Without data: drawn digits, and the features of a network that learned letters. With data:
 *
 *     deno run -A examples/features.ts --data DIR --backbone mobilenet_v2
 *
 * DIR has a folder for each class, such as the ants and bees of PyTorch's transfer-learning tutorial
 * (download.pytorch.org/tutorial/hymenoptera_data.zip: DIR is its folder `train`), Caltech-101 or your
 * own pictures. The backbone is a name of the registry (`deno run -A src/cli/mod.ts models`) or a file.
 *
 * Options: `--few` pictures of each class to learn from (10 drawn; with data `--held` = 0.5 of them is
 * asked, the rest learned from), `--asked` drawn pictures of each class to ask for (40), `--neighbours` (5).
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys (and --allow-net for a
 * backbone by name or URL)
 */
import {
  type Dataset,
  extractFeatures,
  type Features,
  imageFolder,
  imagenetPreprocessing,
  knn,
  linearProbe,
  loadBackbone,
  type Model,
  plotEmbeddings,
  similarityIndex,
  split,
  umap,
} from "../mod.ts";
import { glyphNet } from "../models/glyph_net.ts";
import { drawnGlyphs } from "../models/glyphs/drawn_glyphs.ts";
import { pngUrl, thumbnail } from "./demo/png.ts";
import {
  type Captioned,
  type Findings,
  main,
  percent,
  type ProgramOptions,
} from "./shared/program.ts";

/** How good one kind of features is; shares of the pictures that were asked for. */
export interface FeatureScores {
  /** Named rightly by the nearest neighbours. */
  readonly neighbours: number;
  /** Named rightly by logistic regression. */
  readonly logistic: number;
  /** Of the five most similar pictures, how many show the same class. */
  readonly similar: number;
}

/** What the program found. */
export interface FeatureFindings extends Findings {
  /** By kind of features: pixels, the network with random weights, the network. */
  readonly scores: Readonly<Record<string, FeatureScores>>;
}

const OPTIONS = { backbone: "", few: "10", asked: "40", held: "0.5", neighbours: "5" };
const SHOWN = 5;
/** Height and width at which plain pixels are compared. */
const PIXELS = 12;
/** Strengths of the logistic regression that are tried. */
const STRENGTHS = [0.01, 0.1, 1];

/** What is learned from and what is asked. */
interface Parts {
  readonly known: Dataset;
  readonly asked: Dataset;
}

/** Extracts, classifies, searches and draws. */
export async function run(
  { seed, data, quiet }: ProgramOptions,
  own: Readonly<Record<string, string>> = OPTIONS,
): Promise<FeatureFindings> {
  const given = { ...OPTIONS, ...own };
  const parts = data ? await ownPictures(data, Number(given.held), seed) : digits(given, seed);
  const networks = await networksOf(given.backbone, data !== undefined, seed);
  const kinds: [string, (part: Dataset) => Promise<Features>][] = [
    ["pixels", pixelsOf],
    ...networks.map(([name, model]): typeof kinds[number] => [
      name,
      (part) => extractFeatures(model, part, { verbose: !quiet }),
    ]),
  ];
  const scores: Record<string, FeatureScores> = {};
  const rows = [];
  let last: { known: Features; asked: Features } | undefined;
  for (const [name, featuresOf] of kinds) {
    const started = performance.now();
    last = { known: await featuresOf(parts.known), asked: await featuresOf(parts.asked) };
    scores[name] = await scored(last, Number(given.neighbours), seed);
    const seconds = (performance.now() - started) / 1000;
    rows.push({
      name,
      figures: { ...figures(scores[name], given.neighbours), time: `${seconds.toFixed(1)} s` },
    });
    if (!quiet) console.log(`${name}: ${JSON.stringify(rows.at(-1)!.figures)}`);
  }
  const { known, asked } = last!;
  const points = await umap(asked, {
    neighbours: Math.min(15, asked.shape[0]! - 1),
    seed,
    verbose: !quiet,
  });
  return {
    title: "Features of a network that was not trained",
    summary:
      `${parts.known.length} pictures of ${parts.known.classes!.length} classes are known, ` +
      `${parts.asked.length} others were asked for. Each picture below with what is most like it.`,
    rows,
    charts: [
      await plotEmbeddings(points, {
        title: "The asked pictures, by UMAP",
        classes: parts.asked.classes!,
      }),
    ],
    pictures: await gallery(parts, known, asked),
    scores,
  };
}

/** The networks to compare, the one that has learned last. */
async function networksOf(
  backbone: string,
  isOwnData: boolean,
  seed: number,
): Promise<[string, Model][]> {
  if (backbone || isOwnData) {
    const model = await loadBackbone(backbone || "mobilenet_v2");
    return [[model.name, model]];
  }
  const letters = await loadBackbone(new URL("../models/glyphs.onnx", import.meta.url));
  return [["random network", glyphNet({ seed })], ["network of letters", letters]];
}

async function scored(
  { known, asked }: { readonly known: Features; readonly asked: Features },
  k: number,
  seed: number,
): Promise<FeatureScores> {
  const neighbours = knn(known, { k: Math.min(k, known.shape[0]!) });
  const probe = await linearProbe(known, { Cs: STRENGTHS, folds: 2, seed, verbose: false });
  const found = await similarityIndex(known).search(asked, SHOWN);
  const same = found.flatMap((row, at) => row.map(({ target }) => target === asked.targets[at]));
  return {
    neighbours: await neighbours.score(asked),
    logistic: await probe.score(asked),
    similar: same.filter((one) => one).length / same.length,
  };
}

/** The pictures themselves, small, as features. */
async function pixelsOf(part: Dataset): Promise<Features> {
  const preprocessing = imagenetPreprocessing({
    heightPx: PIXELS,
    widthPx: PIXELS,
    resizePx: PIXELS,
  });
  const small = part.prepare!({ preprocessing });
  const data = new Float32Array(part.length * 3 * PIXELS * PIXELS);
  const targets = new Int32Array(part.length);
  for (let row = 0; row < part.length; row++) {
    const { image, target } = (await small.get(row))!;
    data.set(Float32Array.from(image!.data, (byte) => byte / 255 - 0.5), row * 3 * PIXELS * PIXELS);
    targets[row] = target as number;
  }
  const indices = Array.from(targets, (_, row) => row);
  return { data, shape: [part.length, 3 * PIXELS * PIXELS], targets, indices, layer: "pixels" };
}

function digits({ few, asked }: typeof OPTIONS, seed: number): Parts {
  const draw = (perClass: string, what: number) =>
    drawnGlyphs({
      characters: [..."0123456789"],
      perClass: Number(perClass),
      seed: 2 * seed + what,
    });
  return { known: draw(few, 1), asked: draw(asked, 2) };
}

async function ownPictures(folder: string, held: number, seed: number): Promise<Parts> {
  const { train, validation } = split(await imageFolder(folder), held, { seed });
  return { known: train, asked: validation };
}

/** A few of the asked pictures, each followed by the known ones that are most like it. */
async function gallery(parts: Parts, known: Features, asked: Features): Promise<Captioned[]> {
  const classes = parts.known.classes!;
  const found = await similarityIndex(known).search(asked, 3);
  const shown: Captioned[] = [];
  const tile = async (part: Dataset, index: number) =>
    await pngUrl(thumbnail((await part.get(index))!.image!, 96));
  for (let at = 0; at < 6; at++) {
    const row = (Math.floor(at * found.length / 6) + at) % found.length;
    const truth = asked.targets[row]!;
    shown.push({
      url: await tile(parts.asked, asked.indices[row]!),
      caption: `asked: ${classes[truth]}`,
    });
    for (const { index, target, similarity } of found[row]!) {
      shown.push({
        url: await tile(parts.known, index),
        caption: `${classes[target]}, ${similarity.toFixed(2)}`,
        right: target === truth,
      });
    }
  }
  return shown;
}

function figures({ neighbours, logistic, similar }: FeatureScores, k: string) {
  return {
    [`${k} neighbours`]: percent(neighbours),
    "logistic regression": percent(logistic),
    [`right of ${SHOWN} similar`]: percent(similar),
  };
}

if (import.meta.main) await main({ name: "features", options: OPTIONS, run });
