/**
 * Takes a fine-tuned network to where it is used: makes its weights and activations 8-bit integers,
 * measures what that costs, and writes a web page that runs it in the browser.
 *
 *     deno run -A examples/deployment.ts [--serve 8000]
 *
 * Without data it fine-tunes the network of letters to drawn digits first. On pictures and a network of
 * your own, such as one that `fit` made and `saveModel` wrote:
 *
 *     deno run -A examples/deployment.ts --data DIR --model FILE
 *
 * DIR has a folder for each class, named as the classes of the model: half of each is for calibration,
 * half for measuring. The page and both models go to `out/deployment/`. The page takes onnxruntime-web
 * from jsdelivr.net; `--runtime DIR` says where its files lie instead (the folder `dist` of the npm
 * package `onnxruntime-web`), which are then served beside the page. A page on its own opens from the
 * disk too, while the browser is on line.
 *
 * Options: `--epochs` (6), `--calibration` pictures that ranges are taken from (128), `--test` drawn
 * pictures of each class to measure on (50), `--percentile` (100), `--out` (out/deployment).
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys (and --allow-net to serve)
 */
import {
  adamW,
  type Dataset,
  evaluate,
  fit,
  imageFolder,
  loadBackbone,
  type Model,
  oneCycle,
  predict,
  quantize,
  replaceHead,
  saveModel,
  split,
} from "../mod.ts";
import { drawnGlyphs } from "../models/glyphs/drawn_glyphs.ts";
import { pngUrl } from "./demo/png.ts";
import { browserPage } from "./deployment/page.ts";
import { filesFrom } from "./deployment/serve.ts";
import {
  type Captioned,
  type Findings,
  main,
  percent,
  type ProgramOptions,
  type Row,
} from "./shared/program.ts";

/** One form of the network, measured. */
export interface FormScores {
  /** Share of the pictures that it names rightly. */
  readonly accuracy: number;
  /** Bytes of its file. */
  readonly bytes: number;
  /** Milliseconds a picture, decoding included. */
  readonly milliseconds: number;
}

/** What the program found. */
export interface DeploymentFindings extends Findings {
  /** The network as it was trained, with integers, and with one scale for each whole weight. */
  readonly scores: Readonly<Record<"float32" | "int8" | "int8PerTensor", FormScores>>;
  /** Folder of the page and the models. */
  readonly folder: string;
}

const DIST = "https://cdn.jsdelivr.net/npm/onnxruntime-web@1.30.0/dist/";
const OPTIONS = {
  model: "",
  epochs: "6",
  calibration: "128",
  test: "50",
  percentile: "100",
  runtime: "",
  serve: "",
  out: "out/deployment",
};

/** A trained network, pictures for the ranges, pictures to measure on. */
interface Trained {
  readonly model: Model;
  readonly calibration: Dataset;
  readonly test: Dataset;
}

/** Trains, quantises, measures and writes the page. */
export async function run(
  { seed, data, quiet }: ProgramOptions,
  own: Readonly<Record<string, string>> = OPTIONS,
): Promise<DeploymentFindings> {
  const given = { ...OPTIONS, ...own };
  const { model, calibration, test } = data
    ? await ownNetwork(data, given.model, seed)
    : await digits(given, { seed, quiet });
  const options = {
    examples: Number(given.calibration),
    percentile: Number(given.percentile),
    verbose: !quiet,
  };
  const whole = await quantize(model, calibration, options);
  const coarse = await quantize(model, calibration, { ...options, perChannel: false });
  const folder = given.out;
  await Deno.mkdir(folder, { recursive: true });
  await saveModel(model, `${folder}/model.onnx`);
  await saveModel(whole.model, `${folder}/model.int8.onnx`);
  const shown = await showcase(whole.model, test);
  await Deno.writeTextFile(
    `${folder}/index.html`,
    await browserPage({
      title: "A network in this page",
      model: await Deno.readFile(`${folder}/model.int8.onnx`),
      classes: model.classes!,
      preprocessing: model.preprocessing!,
      runtime: given.runtime ? "ort/" : DIST,
      pictures: shown.map(({ url }) => url),
    }),
  );
  // The server keeps the program running once all is printed.
  if (given.serve) {
    const others = given.runtime ? { ort: given.runtime } : {};
    Deno.serve({ port: Number(given.serve) }, filesFrom(folder, others));
  }
  const { before, after } = whole.bytes;
  const scores = {
    float32: await measured(model, test, before),
    int8: await measured(whole.model, test, after),
    int8PerTensor: await measured(coarse.model, test, coarse.bytes.after),
  };
  return {
    title: "A network in a quarter of its size, in a web page",
    summary:
      `${whole.quantized.length} layers compute with 8-bit integers; the ranges were taken ` +
      `from ${
        Math.min(options.examples, calibration.length)
      } pictures, and ${test.length} others ` +
      `were classified. The page is ${folder}/index.html.`,
    rows: [
      row("float32", scores.float32),
      row("int8, a scale each channel", scores.int8),
      row("int8, a scale each weight", scores.int8PerTensor),
    ],
    pictures: shown,
    scores,
    folder,
  };
}

/** The network of letters after some epochs on digits. */
async function digits(
  given: typeof OPTIONS,
  { seed, quiet }: { readonly seed: number; readonly quiet: boolean },
): Promise<Trained> {
  const characters = [..."0123456789"];
  const draw = (perClass: number, what: number) =>
    drawnGlyphs({ characters, perClass, seed: 3 * seed + what });
  const backbone = await loadBackbone(new URL("../models/glyphs.onnx", import.meta.url));
  const train = draw(20, 0);
  const { model } = await fit(replaceHead(backbone, { classes: characters, seed }), train, {
    epochs: Number(given.epochs),
    batchSize: 20,
    optimizer: adamW({ learningRate: 2e-3 }),
    schedule: oneCycle(),
    seed,
    verbose: !quiet,
  });
  return { model, calibration: draw(13, 1), test: draw(Number(given.test), 2) };
}

async function ownNetwork(folder: string, file: string, seed: number): Promise<Trained> {
  if (file === "") throw new TypeError("--data needs --model FILE beside it");
  const model = await loadBackbone(file);
  if (!model.classes || !model.preprocessing) {
    throw new TypeError(`"${file}" does not say its classes; give one that saveModel wrote`);
  }
  const all = await imageFolder(folder, { classes: model.classes });
  const { train, validation } = split(all, 0.5, { seed });
  return { model, calibration: train, test: validation };
}

async function measured(model: Model, test: Dataset, bytes: number): Promise<FormScores> {
  const started = performance.now();
  const { accuracy } = await evaluate(model, test, { verbose: false });
  const milliseconds = (performance.now() - started) / test.length;
  return { accuracy: accuracy!, bytes, milliseconds };
}

async function showcase(model: Model, test: Dataset): Promise<Captioned[]> {
  const shown: Captioned[] = [];
  for (let at = 0; at < 12; at++) {
    const { image, target } =
      (await test.get((Math.floor(at * test.length / 12) + at) % test.length))!;
    const [top] = await predict(model, image!, { topK: 1 });
    const truth = model.classes![target as number]!;
    shown.push({
      url: await pngUrl(image!),
      caption: `${truth}: it says ${top!.label}, ${percent(top!.probability)}`,
      right: truth === top!.label,
    });
  }
  return shown;
}

function row(name: string, { accuracy, bytes, milliseconds }: FormScores): Row {
  return {
    name,
    figures: {
      accuracy: percent(accuracy),
      size: `${(bytes / 1e6).toFixed(2)} MB`,
      "ms a picture": milliseconds.toFixed(2),
    },
  };
}

if (import.meta.main) await main({ name: "deployment", options: OPTIONS, run });
