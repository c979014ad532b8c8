/**
 * Finds things in pictures and draws boxes around them: a small single-shot detector whose backbone is
 * a network that learned to classify, frozen. Only two convolutions on top are trained. Beside it, the
 * same detector on a backbone with random weights.
 *
 *     deno run -A examples/detection.ts
 *
 * Without data: drawn scenes with digits, and the network that learned single letters. With data:
 *
 *     deno run -A examples/detection.ts --data VOC2007 --backbone squeezenet1_1 --layer NAME
 *
 * DIR is in the form of Pascal VOC: `DIR/JPEGImages/<file>` and `DIR/Annotations/<name>.xml`, as that of
 * VOC 2007 (Everingham et al., host.robots.ox.ac.uk/pascal/VOC) or what labelImg writes; a fifth is for
 * measuring. The layer is a feature map of the backbone, by the name that `inspect` lists.
 *
 * Options: `--scenes` drawn to learn from (150) and `--asked` to measure on (60), `--epochs` (30),
 * `--rate` (0.003).
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys (and --allow-net for a
 * backbone by name or URL)
 */
import {
  adamW,
  extractFeatures,
  fit,
  loadBackbone,
  type Model,
  oneCycle,
  pictures,
  rng,
} from "../mod.ts";
import { glyphNet } from "../models/glyph_net.ts";
import { pngUrl, thumbnail } from "./demo/png.ts";
import { type Detection, meanAveragePrecision } from "./detection/boxes.ts";
import { detector } from "./detection/detector.ts";
import { drawBoxes } from "./detection/draw_boxes.ts";
import { drawScene, type Scene } from "./detection/draw_scene.ts";
import { detectionsOf, type Grid, targetOf } from "./detection/grid.ts";
import { detectionLoss } from "./detection/loss.ts";
import { readVoc } from "./detection/read_voc.ts";
import {
  type Captioned,
  type Findings,
  main,
  percent,
  type ProgramOptions,
} from "./shared/program.ts";

/** What the program found. */
export interface DetectionFindings extends Findings {
  /** Mean average precision at an overlap of half, by backbone. */
  readonly scores: Readonly<Record<string, number>>;
}

const OPTIONS = {
  backbone: "",
  layer: "",
  scenes: "150",
  asked: "60",
  epochs: "30",
  rate: "0.003",
};
const SIZE_PX = 96;
const DIGITS = [..."0123456789"];
/** Certainty from which on a box is drawn. */
const SURE = 0.3;
const RIGHT = [30, 160, 80] as const;
const TRUE = [255, 255, 255] as const;

/** Pictures to learn from and to measure on, and the backbones to compare. */
interface Task {
  readonly classes: readonly string[];
  readonly known: readonly Scene[];
  readonly asked: readonly Scene[];
  readonly backbones: Readonly<Record<string, Model>>;
  readonly layer: string;
  readonly sizePx: number;
}

/** Trains a detector on each backbone, measures both and draws what the first finds. */
export async function run(
  { seed, data, quiet }: ProgramOptions,
  own: Readonly<Record<string, string>> = OPTIONS,
): Promise<DetectionFindings> {
  const given = { ...OPTIONS, ...own };
  const task = data ? await ownPictures(data, given, seed) : await scenes(given, seed);
  const { classes, asked } = task;
  const scores: Record<string, number> = {};
  const rows = [];
  let shown: Captioned[] | undefined;
  for (const [name, backbone] of Object.entries(task.backbones)) {
    if (!quiet) console.log(`\n${name}`);
    const started = performance.now();
    const found = await detected(backbone, task, { given, seed, quiet });
    const seconds = (performance.now() - started) / 1000;
    const truths = asked.map(({ things }) => things);
    scores[name] = meanAveragePrecision(classes.length, found, truths);
    shown ??= await drawn(asked, found, classes);
    rows.push({
      name,
      figures: {
        "mean average precision": percent(scores[name]),
        "boxes drawn": String(found.flat().filter(({ score }) => score >= SURE).length),
        time: `${seconds.toFixed(1)} s`,
      },
    });
  }
  const things = asked.reduce((sum, one) => sum + one.things.length, 0);
  return {
    title: "Finding things with a network that only learned to name them",
    summary: `${task.known.length} pictures to learn from, ${asked.length} others with ${things} ` +
      "things to find. White: where they are. Green: what the first detector says.",
    rows,
    pictures: shown!,
    scores,
  };
}

/** What a detector on a backbone finds in the pictures that are asked for, after training. */
async function detected(
  backbone: Model,
  { classes, known, asked, layer, sizePx }: Task,
  { given, seed, quiet }: { given: typeof OPTIONS; seed: number; quiet: boolean },
): Promise<Detection[][]> {
  const { channels, rows, columns } = await mapOf(backbone, layer, sizePx);
  const grid: Grid = { rows, columns, cellPx: sizePx / rows, classes: classes.length };
  const model = detector(backbone, {
    layer,
    channels,
    grid,
    preprocessing: squareOf(backbone, sizePx),
    seed,
  });
  const items = known.map(({ image, things }) => ({ image, target: targetOf(things, grid) }));
  const { model: tuned } = await fit(model, pictures(items), {
    loss: detectionLoss(classes.length),
    epochs: Number(given.epochs),
    batchSize: 16,
    optimizer: adamW({ learningRate: Number(given.rate), weightDecay: 1e-4 }),
    schedule: oneCycle(),
    seed,
    verbose: !quiet,
  });
  const { data } = await extractFeatures(tuned, pictures(asked.map(({ image }) => ({ image }))), {
    layer: "detections",
    verbose: false,
  });
  const width = data.length / asked.length;
  return asked.map((_, at) => detectionsOf(data.subarray(at * width, (at + 1) * width), grid));
}

/** The size of a feature map, from a look at one empty picture. */
async function mapOf(backbone: Model, layer: string, sizePx: number) {
  const graph = backbone.graph.clone();
  graph.inputs[0]!.shape = ["batch", 3, sizePx, sizePx];
  const inputs = [{ ...backbone.inputs[0]!, shape: graph.inputs[0]!.shape }];
  const model = { ...backbone, graph, inputs, preprocessing: squareOf(backbone, sizePx) };
  const image = { widthPx: sizePx, heightPx: sizePx, data: new Uint8Array(3 * sizePx * sizePx) };
  const { shape } = await extractFeatures(model, pictures([{ image }]), { layer, verbose: false });
  const [, channels, rows, columns] = shape;
  if (shape.length === 4) return { channels: channels!, rows: rows!, columns: columns! };
  throw new TypeError(`--layer: "${layer}" is no feature map [N, C, H, W], found [${shape}]`);
}

function squareOf({ name, preprocessing }: Model, sizePx: number) {
  if (!preprocessing) throw new TypeError(`"${name}" does not take pictures`);
  return { ...preprocessing, heightPx: sizePx, widthPx: sizePx, resizePx: sizePx };
}

async function scenes(given: typeof OPTIONS, seed: number): Promise<Task> {
  const draw = (count: string, what: number) =>
    Array.from(
      { length: Number(count) },
      (_, index) =>
        drawScene({ seed: 2 * seed + what, index, sizePx: SIZE_PX, characters: DIGITS }),
    );
  const letters = await loadBackbone(new URL("../models/glyphs.onnx", import.meta.url));
  return {
    classes: DIGITS,
    known: draw(given.scenes, 0),
    asked: draw(given.asked, 1),
    backbones: {
      "network of letters, frozen": letters,
      "random network, frozen": glyphNet({ seed }),
    },
    layer: "stage3.relu",
    sizePx: SIZE_PX,
  };
}

async function ownPictures(folder: string, given: typeof OPTIONS, seed: number): Promise<Task> {
  if (!given.backbone || !given.layer) {
    throw new TypeError("--data needs --backbone NAME and --layer NAME beside it");
  }
  const backbone = await loadBackbone(given.backbone);
  const sizePx = backbone.preprocessing?.heightPx ?? 224;
  const { scenes, classes } = await readVoc(folder, sizePx);
  const random = rng(seed, "held");
  const mixed = scenes.map((scene) => ({ scene, place: random.uniform() }))
    .sort((a, b) => a.place - b.place).map(({ scene }) => scene);
  const held = Math.max(Math.round(mixed.length / 5), 1);
  return {
    classes,
    known: mixed.slice(held),
    asked: mixed.slice(0, held),
    backbones: { [`${backbone.name}, frozen`]: backbone },
    layer: given.layer,
    sizePx,
  };
}

/** Some of the pictures with what is there and what was found. */
async function drawn(
  asked: readonly Scene[],
  found: readonly (readonly Detection[])[],
  classes: readonly string[],
): Promise<Captioned[]> {
  return await Promise.all(
    asked.slice(0, 12).map(async ({ image, things }, at) => {
      const sure = found[at]!.filter(({ score }) => score >= SURE);
      const boxes = [
        ...things.map((one) => ({ ...one, colour: TRUE })),
        ...sure.map((one) => ({ ...one, colour: RIGHT })),
      ];
      const said = sure.map(({ label, score }) => `${classes[label]} ${percent(score)}`).join(", ");
      return {
        url: await pngUrl(thumbnail(drawBoxes(image, boxes), 224)),
        caption: said || "nothing found",
      };
    }),
  );
}

if (import.meta.main) await main({ name: "detection", options: OPTIONS, run });
