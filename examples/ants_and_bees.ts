/**
 * Tells two kinds of pictures apart from a few of each, with a pretrained network in two ways: as fixed
 * features under a new last layer, and fine-tuned as a whole; and, where the network can be had with
 * random weights, from those. Random resized crops, SGD with momentum, a rate that falls in steps.
 *
 *     deno run -A examples/ants_and_bees.ts [--data DIR] [--backbone NAME|FILE] [--epochs 25]
 *       [--tune-epochs 25]
 *       [--rate 0.001] [--tune-rate 0.0002] [--batch 4] [--copies 0] [--seed 0]
 *
 * DIR holds `train/<class>/<picture>` and `val/<class>/<picture>`, such as the ants and bees of
 * https://download.pytorch.org/tutorial/hymenoptera_data.zip. BACKBONE is a name of the registry
 * (`vgg16`, `resnet18`, `resnet50`, `googlenet`, `mobilenet_v2`, …) or an ONNX file, such as Inception
 * v3 exported from elsewhere; ImageNet's ResNet-18 where none is given. `--copies N` takes the crops of
 * the fixed features from N a picture, computed once. Without `--data`, two drawn digits are told apart
 * by a network that knows letters.
 *
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys (--allow-net for a
 * backbone by name)
 */
import {
  type Augment,
  type Dataset,
  freeze,
  horizontalFlip,
  imageFolder,
  loadBackbone,
  type Model,
  randomResizedCrop,
  replaceHead,
  type Schedule,
  sgd,
  stepDecay,
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
export interface AntsAndBeesFindings extends Findings {
  /** Accuracy on the validation pictures, by how the network was used. */
  readonly accuracy: { readonly fixed: number; readonly tuned: number; readonly scratch?: number };
}

type Own = Readonly<Record<string, string>>;

/** The program, its options and their usual values. */
export const program: Program<AntsAndBeesFindings> = {
  name: "ants_and_bees",
  options: {
    backbone: "",
    epochs: "25",
    "tune-epochs": "",
    rate: "0.001",
    "tune-rate": "",
    batch: "4",
    copies: "0",
    few: "15",
    val: "50",
  },
  run,
};

/** Fixed features, fine-tuned, and from random weights where that can be had. */
export async function run(options: ProgramOptions, own: Own): Promise<AntsAndBeesFindings> {
  const { seed, quiet, data } = options;
  const [train, val] = data === undefined ? drawn(seed, own) : await folders(data);
  const classes = train.classes!;
  const glyphs = new URL("../models/glyphs.onnx", import.meta.url);
  const backbone = await loadBackbone(own.backbone || (data === undefined ? glyphs : "resnet18"));
  const epochs = numberOf(own, "epochs");
  const tuneEpochs = own["tune-epochs"] ? numberOf(own, "tune-epochs") : epochs;
  // A few drawn digits make few steps.
  const usualRate = data === undefined ? 0.001 : 0.0002;
  const tuneRate = own["tune-rate"] ? numberOf(own, "tune-rate") : usualRate;
  const copies = numberOf(own, "copies");
  const candidates: Candidate[] = [
    {
      name: "Fixed features",
      model: replaceHead(freeze(backbone, "all"), { classes, seed }),
      options: { cacheCopies: copies },
    },
    {
      name: "Fine-tuned",
      model: replaceHead(backbone, { classes, seed }),
      options: {
        epochs: tuneEpochs,
        schedule: steps(tuneEpochs),
        optimizer: sgd({ learningRate: tuneRate, momentum: 0.9 }),
        // Four pictures say little of what is usual: the statistics of the pretraining stay.
        batchNorm: "running",
      },
    },
    ...fresh(backbone, classes, seed).map((model) => ({ name: "From random weights", model })),
  ];
  const outcomes = await compare(candidates, {
    train,
    test: val,
    quiet,
    options: {
      epochs,
      batchSize: numberOf(own, "batch"),
      optimizer: sgd({ learningRate: numberOf(own, "rate"), momentum: 0.9 }),
      schedule: steps(epochs),
      augment: crops(data !== undefined),
      seed,
    },
  });
  const [fixed, tuned, scratch] = outcomes.map(({ report }) => report.accuracy);
  return {
    title: `${classes.join(" or ")} from ${train.length} pictures`,
    summary:
      `${backbone.name} with a new last layer for ${classes.length} classes: fixed below it, ` +
      `and trained as a whole; measured on ${val.length} pictures that it did not learn from.`,
    rows: rowsOf(outcomes),
    charts: [
      bars(
        "Accuracy on new pictures",
        outcomes.map(({ name, report }) => ({ name, value: report.accuracy })),
      ),
      shareCurves("Accuracy on new pictures, by epoch", curvesOf(outcomes)),
    ],
    pictures: await answers(outcomes[0]!.model, val),
    accuracy: { fixed: fixed!, tuned: tuned!, ...(scratch !== undefined && { scratch }) },
  };
}

/** The same network with random weights, where it is the one that the repository trained itself. */
function fresh(backbone: Model, classes: readonly string[], seed: number): Model[] {
  return backbone.name === "glyphs" ? [glyphNet({ classes, seed: seed + 1 })] : [];
}

/** A tenth of the rate after each seven of 25 epochs, and as often in proportion of others. */
function steps(epochs: number): Schedule {
  return stepDecay({ epochs: Math.max(Math.round(epochs * 7 / 25), 1), factor: 0.1 });
}

/** Crops as the network's pretraining had them; a digit is neither cut in half nor mirrored. */
function crops(photographs: boolean): Augment {
  return photographs
    ? [randomResizedCrop(), horizontalFlip()]
    : [randomResizedCrop({ scale: [0.75, 1], ratio: [0.9, 1.1] })];
}

/** Two digits. */
function drawn(seed: number, own: Own): [Dataset, Dataset] {
  const draw = (option: string, offset: number) =>
    drawnGlyphs({
      characters: ["3", "8"],
      perClass: numberOf(own, option),
      seed: 10 * seed + offset,
    });
  return [draw("few", 4), draw("val", 5)];
}

/** The reader's own folders. */
async function folders(data: string): Promise<[Dataset, Dataset]> {
  const train = await imageFolder(`${data}/train`);
  return [train, await imageFolder(`${data}/val`, { classes: train.classes })];
}

if (import.meta.main) await main(program);
