/**
 * Learns a task of which there are few pictures together with the same task on other pictures of which
 * there are many, by the loss L_source + λ·L_target with shared weights, beside the target's few alone
 * and the source alone.
 *
 *     deno run -A examples/source_and_target.ts [--data DIR] [--backbone NAME|FILE] [--weight 1]
 *       [--train head|all] [--epochs 20] [--flip 0.5] [--seed 0]
 *
 * DIR holds `source/<class>/<picture>`, `target/<class>/<picture>` and, with the same classes,
 * `test/<class>/<picture>` of the target; without `test` half of the target is held back. Office-31
 * (amazon and webcam, https://faculty.cc.gatech.edu/~judy/domainadapt/) is the usual public pair.
 * Without `--data`, both are drawn digits: those of the source are turned by 20 degrees.
 *
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys (--allow-net for a
 * backbone by name)
 */
import {
  adamW,
  type Augmentation,
  type Dataset,
  freeze,
  horizontalFlip,
  imageFolder,
  joint,
  loadBackbone,
  oneCycle,
  pictures,
  replaceHead,
  rotate,
  split,
  subset,
} from "../mod.ts";
import { drawnGlyphs } from "../models/glyphs/drawn_glyphs.ts";
import { bars, shareCurves } from "./shared/charts.ts";
import { answers, compare, curvesOf, type Outcome } from "./shared/comparison.ts";
import {
  type Findings,
  main,
  numberOf,
  percent,
  type Program,
  type ProgramOptions,
} from "./shared/program.ts";

/** What the program found. */
export interface SourceAndTargetFindings extends Findings {
  /** Accuracy on the target's test pictures, by what was learned from. */
  readonly accuracy: Readonly<Record<"joint" | "target" | "source", number>>;
}

type Own = Readonly<Record<string, string>>;

/** The program, its options and their usual values. */
export const program: Program<SourceAndTargetFindings> = {
  name: "source_and_target",
  options: {
    backbone: "",
    weight: "1",
    train: "head",
    epochs: "20",
    flip: "0.5",
    source: "40",
    target: "1",
    test: "40",
    turn: "20",
  },
  run,
};

/** The three data sets of a task. */
interface Sets {
  readonly source: Dataset;
  readonly target: Dataset;
  readonly test: Dataset;
}

/** Both together, the target alone, the source alone. */
export async function run(
  options: ProgramOptions,
  own: Own,
): Promise<SourceAndTargetFindings> {
  const { seed, quiet, data } = options;
  const { source, target, test } =
    await (data === undefined ? drawn(seed, own) : folders(data, seed));
  const glyphs = new URL("../models/glyphs.onnx", import.meta.url);
  const backbone = await loadBackbone(
    own.backbone || (data === undefined ? glyphs : "mobilenet_v2"),
  );
  const kept = own.train === "all" ? backbone : freeze(backbone, "all");
  const model = replaceHead(kept, { classes: target.classes!, seed });
  const weight = numberOf(own, "weight");
  const epochs = numberOf(own, "epochs");
  const both = joint(source, target, { weight });
  const all = {
    batchSize: 32,
    epochs,
    optimizer: adamW({ learningRate: 5e-3, weightDecay: 0.01 }),
    schedule: oneCycle(),
    // A flipped digit is another thing, or nothing.
    augment: data === undefined ? "none" as const : flips(numberOf(own, "flip")),
    cacheCopies: data === undefined ? 0 : 2,
    seed,
  };
  // As many steps for each, so that none is ahead by having been trained longer.
  const parts = {
    [`Both: L_s + ${weight}·L_t`]: both,
    "Target alone": repeated(target, both.length),
    "Source alone": repeated(source, both.length),
  };
  const outcomes: Outcome[] = [];
  for (const [name, train] of Object.entries(parts)) {
    outcomes.push(...await compare([{ name, model }], { train, test, quiet, options: all }));
  }
  const [together, alone, other] = outcomes.map(({ report }) => report.accuracy);
  return {
    title: "Few pictures of the task, many of a relative",
    summary: `${target.length} target pictures of ${target.classes!.length} classes and ` +
      `${source.length} source pictures; ${backbone.name}, ` +
      `${own.train === "all" ? "all of it" : "its last layer"} trained; measured on ` +
      `${test.length} other target pictures.`,
    rows: outcomes.map(row),
    charts: [
      bars(
        "Accuracy on the target",
        outcomes.map(({ name, report }) => ({ name, value: report.accuracy })),
      ),
      shareCurves("Accuracy on the target, by epoch", curvesOf(outcomes)),
    ],
    pictures: await answers(outcomes[0]!.model, test),
    accuracy: { joint: together!, target: alone!, source: other! },
  };
}

function row({ name, report, seconds }: Outcome) {
  const { precision, recall, f1 } = report.macro!;
  return {
    name,
    figures: {
      accuracy: percent(report.accuracy),
      precision: percent(precision),
      recall: percent(recall),
      F1: percent(f1),
      training: `${seconds.toFixed(1)} s`,
    },
  };
}

/** The examples again and again, `length` in all. */
function repeated(dataset: Dataset, length: number): Dataset {
  return subset(dataset, Array.from({ length }, (_, place) => place % dataset.length));
}

function flips(probability: number): readonly Augmentation[] {
  return probability > 0 ? [horizontalFlip({ probability }) as Augmentation] : [];
}

/** Turned digits for the source, upright ones for the target. */
async function drawn(seed: number, own: Own): Promise<Sets> {
  const characters = [..."0123456789"];
  const draw = (option: string, offset: number) =>
    drawnGlyphs({ characters, perClass: numberOf(own, option), seed: 10 * seed + offset });
  const source = await turned(draw("source", 1), numberOf(own, "turn"));
  return { source, target: draw("target", 2), test: draw("test", 3) };
}

/** The same pictures, all turned by so many degrees. */
async function turned(dataset: Dataset, degrees: number): Promise<Dataset> {
  const { apply } = rotate({ degrees, interpolation: "bilinear" });
  const examples = await Promise.all(
    Array.from({ length: dataset.length }, (_, index) => dataset.get(index)),
  );
  const items = examples.map((example) => ({
    image: apply!(example!.image!, degrees),
    target: example!.target as number,
  }));
  return pictures(items, { classes: dataset.classes! });
}

/** The reader's own folders. */
async function folders(data: string, seed: number): Promise<Sets> {
  const target = await imageFolder(`${data}/target`);
  const { classes } = target;
  const source = await imageFolder(`${data}/source`, { classes });
  const held = await Deno.stat(`${data}/test`).catch(() => undefined);
  if (held !== undefined) {
    return { source, target, test: await imageFolder(`${data}/test`, { classes }) };
  }
  const { train, validation } = split(target, 0.5, { seed });
  return { source, target: train, test: validation };
}

if (import.meta.main) await main(program);
