/**
 * AlexNet, VGG, GoogLeNet and ResNet side by side on one folder: accuracy, time and size, each pretrained
 * and fine-tuned with a learning rate of its own for every layer.
 *
 *     deno run -A examples/architectures.ts [--data DIR] [--backbones alexnet,vgg16,googlenet,resnet18]
 *       [--epochs 5] [--rate 0.001] [--decay 0.8] [--seed 0]
 *
 * DIR holds `train/<class>/<picture>` and `val/<class>/<picture>`; any of the usual small sets will do,
 * such as https://download.pytorch.org/tutorial/hymenoptera_data.zip or Oxford's flowers in folders.
 * BACKBONES are names of the registry or ONNX files, with commas between. Rates shrink by `--decay` from
 * block to block towards the input. Without `--data`, four small networks in the manner of the large ones
 * learn drawn letters first, then digits of which there are few, beside the same from random weights.
 *
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys (--allow-net for backbones
 * by name)
 */
import {
  adamW,
  type Dataset,
  fit,
  horizontalFlip,
  imageFolder,
  loadBackbone,
  type Model,
  oneCycle,
  randomResizedCrop,
  replaceHead,
} from "../mod.ts";
import { drawnGlyphs } from "../models/glyphs/drawn_glyphs.ts";
import { bars, shareCurves } from "./shared/charts.ts";
import { answers, type Candidate, compare, curvesOf, type Outcome } from "./shared/comparison.ts";
import {
  type Findings,
  main,
  numberOf,
  percent,
  type Program,
  type ProgramOptions,
} from "./shared/program.ts";
import { smallNetworks } from "./shared/small_networks.ts";

/** What the program found. */
export interface ArchitecturesFindings extends Findings {
  /** Accuracy on the validation pictures by network, pretrained. */
  readonly pretrained: Readonly<Record<string, number>>;
  /** The same from random weights; only of the small networks. */
  readonly scratch: Readonly<Record<string, number>>;
}

type Own = Readonly<Record<string, string>>;

/** The program, its options and their usual values. */
export const program: Program<ArchitecturesFindings> = {
  name: "architectures",
  options: {
    small: Object.keys(smallNetworks).join(),
    backbones: "alexnet,vgg16,googlenet,resnet18",
    epochs: "5",
    rate: "",
    decay: "0.8",
    letters: "40",
    "letter-epochs": "5",
    few: "5",
    val: "20",
  },
  run,
};

/** A network with the name it is shown under. */
interface Named {
  readonly name: string;
  readonly model: Model;
}

/** Every network on the same pictures. */
export async function run(options: ProgramOptions, own: Own): Promise<ArchitecturesFindings> {
  const { seed, quiet, data } = options;
  const [train, val] = data === undefined ? drawn(seed, own) : await folders(data);
  const classes = train.classes!;
  const networks = data === undefined ? await taught(options, own) : await published(own);
  const rate = own.rate ? numberOf(own, "rate") : data === undefined ? 0.01 : 0.001;
  const carried: Candidate[] = networks.map(({ name, model }) => ({
    name,
    model: replaceHead(model, { classes, seed }),
    options: { layerDecay: numberOf(own, "decay") },
  }));
  const fresh: Candidate[] = data === undefined
    ? small(own).map(([name, make]) => ({
      name: `${name}, random weights`,
      model: make({ classes, seed: seed + 1 }),
    }))
    : [];
  const outcomes = await compare([...carried, ...fresh], {
    train,
    test: val,
    quiet,
    options: {
      epochs: numberOf(own, "epochs"),
      batchSize: data === undefined ? 10 : 32,
      optimizer: adamW({ learningRate: rate, weightDecay: 0.01 }),
      schedule: oneCycle(),
      augment: data === undefined ? "none" : [randomResizedCrop(), horizontalFlip()],
      seed,
    },
  });
  const [tuned, random] = [outcomes.slice(0, carried.length), outcomes.slice(carried.length)];
  return {
    title: "Four architectures on the same pictures",
    summary:
      `${classes.length} classes, ${train.length} pictures to learn from and ${val.length} ` +
      `to measure on; learning rates from ${rate} at the last layer, ${own.decay} times as much at ` +
      `each block below.`,
    rows: outcomes.map(row),
    charts: [
      bars(
        "Accuracy on new pictures",
        outcomes.map(({ name, report }) => ({ name, value: report.accuracy })),
      ),
      shareCurves("Accuracy on new pictures, by epoch", curvesOf(tuned)),
    ],
    pictures: await answers(tuned[0]!.model, val),
    pretrained: accuracies(tuned, (index) => carried[index]!.name),
    scratch: accuracies(random, (index) => carried[index]!.name),
  };
}

function accuracies(
  outcomes: readonly Outcome[],
  nameOf: (index: number) => string,
): Record<string, number> {
  return Object.fromEntries(outcomes.map(({ report }, at) => [nameOf(at), report.accuracy]));
}

function row({ name, report, seconds, model }: Outcome) {
  const weights = [...model.parameters.values()].reduce((sum, { size }) => sum + size, 0);
  return {
    name,
    figures: {
      accuracy: percent(report.accuracy),
      F1: percent(report.macro!.f1),
      weights: weights.toLocaleString("en"),
      training: `${seconds.toFixed(1)} s`,
    },
  };
}

/** The small networks that are asked for. */
function small({ small = "" }: Own): [string, (typeof smallNetworks)[string]][] {
  return small.split(",").map((name) => {
    const make = smallNetworks[name];
    if (make) return [name, make];
    throw new RangeError(
      `--small must be of ${Object.keys(smallNetworks).join(", ")}, found "${name}"`,
    );
  });
}

/** The small networks after they have learned letters. */
async function taught({ seed, quiet }: ProgramOptions, own: Own): Promise<Named[]> {
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const train = drawnGlyphs({
    characters: letters,
    perClass: numberOf(own, "letters"),
    seed: 10 * seed + 8,
    plain: true,
  });
  const networks: Named[] = [];
  for (const [name, make] of small(own)) {
    if (!quiet) console.log(`\n${name} learns letters`);
    const { model } = await fit(make({ classes: letters, seed }), train, {
      epochs: numberOf(own, "letter-epochs"),
      batchSize: 32,
      optimizer: adamW({ learningRate: 0.01, weightDecay: 0.01 }),
      schedule: oneCycle(),
      seed,
      verbose: !quiet,
    });
    networks.push({ name, model });
  }
  return networks;
}

/** Networks with published weights. */
async function published(own: Own): Promise<Named[]> {
  const networks: Named[] = [];
  for (const source of own.backbones!.split(",")) {
    const model = await loadBackbone(source);
    networks.push({ name: model.name, model });
  }
  return networks;
}

/** A few digits to learn from. */
function drawn(seed: number, own: Own): [Dataset, Dataset] {
  const characters = [..."0123456789"];
  const draw = (option: string, offset: number) =>
    drawnGlyphs({
      characters,
      perClass: numberOf(own, option),
      seed: 10 * seed + offset,
      plain: true,
    });
  return [draw("few", 1), draw("val", 2)];
}

/** The reader's own folders. */
async function folders(data: string): Promise<[Dataset, Dataset]> {
  const train = await imageFolder(`${data}/train`);
  return [train, await imageFolder(`${data}/val`, { classes: train.classes })];
}

if (import.meta.main) await main(program);
