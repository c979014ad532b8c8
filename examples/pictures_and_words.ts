/**
 * Trains two networks together, one that sees and one that reads, until a picture and its caption lie at
 * one place (CLIP, Radford et al. 2021). Then words alone make a classifier of pictures never seen
 * ("zero-shot"), which a few labels improve: as a linear probe, and by fine-tuning the tower that sees.
 *
 *     deno run -A examples/pictures_and_words.ts
 *
 * Without data it draws coloured shapes with captions; six combinations of colour and form occur in no
 * caption, and those are asked for. With pictures of your own and published towers:
 *
 *     deno run -A examples/pictures_and_words.ts --data flowers \
 *       --image hf:Xenova/clip-vit-base-patch32/onnx/vision_model.onnx \
 *       --text hf:Xenova/clip-vit-base-patch32/onnx/text_model.onnx \
 *       --tokenizer hf:Xenova/clip-vit-base-patch32/tokenizer.json
 *
 * DIR has a folder for each class, `DIR/<class>/<picture>`, named as one would say it: "english marigold".
 * Usual data: Oxford Flowers-102, Oxford-IIIT Pets, Caltech-101.
 *
 * Options: `--pictures` drawn of each shape for training (40), `--labelled` of each class for probe and
 * fine-tuning (5), `--test` of each class (60), `--epochs` of the towers (25), `--tune` of probe and
 * fine-tuning (20), `--size` of the drawn pictures, in pixels (24).
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys (and --allow-net for
 * addresses)
 */
import {
  adamW,
  arrays,
  type Dataset,
  evaluate,
  extractFeatures,
  fit,
  freeze,
  imageFolder,
  infoNce,
  linearDecay,
  loadBackbone,
  loadTokenizer,
  type Model,
  perClass,
  pictures,
  predict,
  replaceHead,
  split,
  subset,
  texts,
  type TextTokenizer,
  unfreeze,
  warmUp,
  wordPiece,
} from "../mod.ts";
import { clipImage, clipText, zeroShot } from "../models/clip.ts";
import { tower, twoTowers } from "../models/two_towers.ts";
import { pngUrl, thumbnail } from "./demo/png.ts";
import {
  CAPTIONS,
  drawShape,
  nameOf,
  type Shape,
  SHAPES,
  UNSEEN,
} from "./pictures_and_words/shapes.ts";
import {
  type Captioned,
  type Findings,
  main,
  percent,
  type ProgramOptions,
} from "./shared/program.ts";

/** How the classifier came about. */
export type Step = "zeroShot" | "probe" | "tuned" | "scratch";

/** What the program found. */
export interface WordFindings extends Findings {
  /** Share of the test pictures that are right. */
  readonly accuracy: Readonly<Partial<Record<Step, number>>>;
}

/** Two towers that agree, and how their texts are read. */
interface Towers {
  readonly image: Model;
  readonly text: Model;
  readonly tokenizer: TextTokenizer;
  readonly maxTokens: number;
  /** What the cosines are multiplied by. */
  readonly scale: number;
}

/** Pictures with labels to learn from and others to measure on, and how their classes are said. */
interface Task {
  readonly few: Dataset;
  readonly test: Dataset;
  readonly captions: readonly (readonly string[])[];
}

const OPTIONS = {
  pictures: "40",
  labelled: "5",
  test: "60",
  epochs: "25",
  tune: "20",
  size: "24",
  image: "",
  text: "",
  tokenizer: "",
};
const NAMES: Readonly<Record<Step, string>> = {
  zeroShot: "zero-shot: words alone",
  probe: "linear probe from there",
  tuned: "fine-tuned from there",
  scratch: "the same labels from random weights",
};
const TEMPERATURE = 0.07;
const TOWER = { layers: 2, hidden: 64, heads: 4, embedding: 32 };

/** Trains the towers, asks by words, and goes on with a few labels. */
export async function run(
  { seed, data, quiet }: ProgramOptions,
  own: Readonly<Record<string, string>> = OPTIONS,
): Promise<WordFindings> {
  const given = { ...OPTIONS, ...own };
  const say = (line: string) => quiet || console.log(line);
  const how = { given, seed, quiet };
  const started = performance.now();
  const towers = data === undefined ? await trained(how) : await published(how);
  const seconds = (performance.now() - started) / 1000;
  if (data === undefined) say(`two towers trained in ${seconds.toFixed(0)} s`);
  const task = data === undefined ? drawnTask(how) : await ownTask(data, how);

  const start = await fromWords(towers, task);
  const learnt = async (model: Model, rate: number) => {
    const { model: fitted } = await fit(model, task.few, {
      epochs: Number(given.tune),
      batchSize: 16,
      optimizer: adamW({ learningRate: rate, weightDecay: 0.01 }),
      schedule: warmUp(0.1, linearDecay()),
      seed,
      verbose: !quiet,
    });
    return fitted;
  };
  const models: [Step, Model][] = [
    ["zeroShot", start],
    ["probe", await learnt(freeze(start, "backbone"), 1e-2)],
    ["tuned", await learnt(unfreeze(start, "all"), data === undefined ? 5e-4 : 1e-5)],
  ];
  if (data === undefined) {
    const fresh = clipImage({ ...TOWER, sizePx: Number(given.size), patchPx: 8, seed });
    const at = fresh.outputs[0]!.name;
    models.push([
      "scratch",
      await learnt(replaceHead(fresh, { classes: start.classes!, at, seed }), 5e-4),
    ]);
  }
  const accuracy: Partial<Record<Step, number>> = {};
  for (const [step, model] of models) {
    accuracy[step] = (await evaluate(model, task.test, { verbose: false })).accuracy;
    say(`${NAMES[step]}: ${percent(accuracy[step]!)} right`);
  }
  return {
    title: "Pictures by words",
    summary:
      `${start.classes!.length} classes, none of them named in training; ${task.few.length} ` +
      `labelled pictures after that, ${task.test.length} to measure on.`,
    rows: models.map(([step]) => ({
      name: NAMES[step],
      figures: {
        "labelled pictures": step === "zeroShot" ? "0" : String(task.few.length),
        right: percent(accuracy[step]!),
      },
    })),
    pictures: await shown(start, task.test),
    accuracy,
  };
}

/** What every step is told. */
interface How {
  readonly given: typeof OPTIONS;
  readonly seed: number;
  readonly quiet: boolean;
}

/** Both towers, trained on drawn shapes and their captions. */
export async function trained({ given, seed, quiet }: How): Promise<Towers> {
  const words = new Set(
    SHAPES.flatMap((shape) => CAPTIONS.flatMap((caption) => caption(shape).split(" "))),
  );
  const tokenizer = wordPiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", ...[...words].sort()]);
  const [maxTokens, sizePx, count] = [10, Number(given.size), Number(given.pictures)];
  const unseen = new Set(UNSEEN.map(nameOf));
  const shapes = SHAPES.filter((shape) => !unseen.has(nameOf(shape)));
  const pairs = shapes.flatMap((shape, kind) =>
    Array.from({ length: count }, (_, index) => ({
      kind,
      text: CAPTIONS[index % CAPTIONS.length]!(shape),
      image: drawShape(shape, { seed: 10 * seed + 1, index, sizePx }),
    }))
  );
  const rows = texts(pairs, { tokenizer, maxTokens, inputs: ["input_ids", "attention_mask"] });
  const examples = await Promise.all(pairs.map((_, index) => rows.get(index)));
  const stacked = (name: string) => ({
    type: "int64" as const,
    dims: [pairs.length, maxTokens],
    data: BigInt64Array.from(
      examples.flatMap((one) => [...one!.inputs![name]!.data as BigInt64Array]),
    ),
  });
  const bytes = new Uint8Array(pairs.length * 3 * sizePx ** 2);
  pairs.forEach(({ image }, at) => bytes.set(image.data, at * image.data.length));
  const dataset = arrays({
    images: { type: "uint8", dims: [pairs.length, sizePx, sizePx, 3], data: bytes },
    inputs: { input_ids: stacked("input_ids"), attention_mask: stacked("attention_mask") },
    // Captions of one shape say the same.
    targets: {
      type: "int64",
      dims: [pairs.length],
      data: BigInt64Array.from(pairs, ({ kind }) => BigInt(kind)),
    },
  });
  const both = twoTowers(
    clipImage({ ...TOWER, sizePx, patchPx: 8, seed }),
    clipText({
      ...TOWER,
      vocabulary: tokenizer.size,
      maxPositions: maxTokens,
      end: tokenizer.encode("").ids.at(-1)!,
      seed: seed + 1,
    }),
  );
  const { model } = await fit(both, dataset, {
    loss: infoNce({ output: "text_embeds", temperature: TEMPERATURE }),
    epochs: Number(given.epochs),
    batchSize: 64,
    optimizer: adamW({ learningRate: 2e-3, weightDecay: 0.05 }),
    schedule: warmUp(0.1, linearDecay()),
    seed,
    verbose: !quiet,
  });
  return {
    image: tower(model, "image_embeds"),
    text: tower(model, "text_embeds"),
    tokenizer,
    maxTokens,
    scale: 1 / TEMPERATURE,
  };
}

/** Towers from files or addresses. */
async function published({ given }: How): Promise<Towers> {
  for (const name of ["image", "text", "tokenizer"] as const) {
    if (given[name] === "") throw new RangeError(`With --data give --${name} as well`);
  }
  const mean = [0.48145466, 0.4578275, 0.40821073];
  const std = [0.26862954, 0.26130258, 0.27577711];
  const preprocessing = { heightPx: 224, widthPx: 224, resizePx: 224, mean, std };
  return {
    image: tower(
      await loadBackbone(given.image, {
        preprocessing: { ...preprocessing, interpolation: "bicubic", channels: "rgb" },
      }),
      "image_embeds",
    ),
    text: tower(await loadBackbone(given.text), "text_embeds"),
    tokenizer: await loadTokenizer(given.tokenizer),
    maxTokens: 77,
    scale: 100,
  };
}

/** The unseen shapes. */
function drawnTask({ given, seed }: How): Task {
  const sizePx = Number(given.size);
  const draw = (count: number, offset: number) =>
    pictures(
      UNSEEN.flatMap((shape: Shape, target) =>
        Array.from({ length: count }, (_, index) => ({
          image: drawShape(shape, { seed: 10 * seed + offset, index, sizePx }),
          target,
        }))
      ),
      { classes: UNSEEN.map(nameOf) },
    );
  return {
    few: draw(Number(given.labelled), 2),
    test: draw(Number(given.test), 3),
    captions: UNSEEN.map((shape) => CAPTIONS.map((caption) => caption(shape))),
  };
}

/** The folder's pictures: of one half a few of each class to learn from, the other to measure on. */
async function ownTask(folder: string, { given, seed }: How): Promise<Task> {
  const all = await imageFolder(folder);
  const { train, validation } = split(all, 0.5, { seed });
  return {
    few: perClass(train, Number(given.labelled), seed),
    test: validation,
    captions: all.classes!.map((name) => [`a photo of a ${name.replaceAll("_", " ")}`]),
  };
}

/** A classifier of pictures whose weights are what the other tower makes of the words. */
async function fromWords(towers: Towers, { captions, test }: Task): Promise<Model> {
  const { image, text, tokenizer, maxTokens, scale } = towers;
  const names = text.inputs.map(({ name }) => name);
  const inputs = tokenizer.inputs.filter((name) => names.includes(name));
  const items = captions.flat().map((one) => ({ text: one }));
  const { data, shape } = await extractFeatures(
    text,
    texts(items, { tokenizer, maxTokens, inputs }),
    {
      layer: text.outputs[0]!.name,
      verbose: false,
    },
  );
  const width = shape[1]!;
  const means = new Float32Array(captions.length * width);
  let row = 0;
  captions.forEach((own, label) => {
    for (const _ of own) {
      const one = data.subarray(row * width, ++row * width);
      const length = Math.hypot(...one);
      one.forEach((value, at) => means[label * width + at]! += value / length / own.length);
    }
  });
  const rows = { type: "float32", dims: [captions.length, width], data: means } as const;
  return zeroShot(image, rows, { classes: test.classes!, scale });
}

/** Some test pictures with what the words say of them. */
async function shown(model: Model, test: Dataset): Promise<Captioned[]> {
  const step = Math.max(Math.floor(test.length / 10), 1);
  const some = subset(
    test,
    Array.from({ length: Math.min(10, test.length) }, (_, at) => at * step),
  );
  const answers = await predict(model, some);
  return await Promise.all(answers.map(async ([top], at) => {
    const example = await some.get(at);
    return {
      url: await pngUrl(thumbnail(example!.image!, 96)),
      caption: top!.label,
      right: top!.index === example!.target,
    };
  }));
}

if (import.meta.main) await main({ name: "pictures_and_words", options: OPTIONS, run });
