/**
 * Fine-tunes a small network that learned drawn letters to the ten digits, from 20 pictures of each,
 * trains the same network from random weights beside it, and writes the model and a page about both.
 *
 *     deno task demo
 *
 * On your own pictures (a folder for each class) and your own network:
 *
 *     deno run -A examples/demo.ts --data DIR --backbone FILE [--validation DIR] [--epochs N] [--train head|all]
 *
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys (and --allow-net for a
 * backbone by name or URL)
 */
import { parseArgs } from "node:util";
import {
  adamW,
  type Dataset,
  evaluate,
  fit,
  type FitOptions,
  freeze,
  imageFolder,
  loadBackbone,
  type Model,
  oneCycle,
  pictures,
  predict,
  replaceHead,
  type Report,
  saveModel,
  split,
} from "../mod.ts";
import { glyphNet } from "../models/glyph_net.ts";
import { drawnGlyphs } from "../models/glyphs/drawn_glyphs.ts";
import { page, type Run, type Shown } from "./demo/page.ts";
import { pngUrl, thumbnail } from "./demo/png.ts";

/** What is trained, on what. */
interface Job {
  readonly title: string;
  readonly summary: string;
  /** The networks by what they are called; the first is the one that is kept. */
  readonly models: Readonly<Record<string, Model>>;
  readonly train: Dataset;
  /** Pictures held back to draw the curves. */
  readonly valid: Dataset;
  /** Pictures for the final figures. */
  readonly test: Dataset;
  readonly options: FitOptions;
  /** Where the model goes. */
  readonly out: string;
}

const { values: args } = parseArgs({
  args: Deno.args,
  options: {
    data: { type: "string" },
    backbone: { type: "string" },
    validation: { type: "string" },
    epochs: { type: "string" },
    train: { type: "string", default: "head" },
  },
});
const started = performance.now();
await Deno.mkdir("out", { recursive: true });
const job = args.data === undefined ? await digits() : await ownPictures(args.data);
const classes = job.train.classes ?? [];

const runs: Run[] = [];
const trained: { readonly model: Model; readonly report: Report }[] = [];
for (const [name, model] of Object.entries(job.models)) {
  console.log(`\n${name}`);
  const start = performance.now();
  const result = await fit(model, job.train, { validation: job.valid, ...job.options });
  const seconds = (performance.now() - start) / 1000;
  const report = await evaluate(result.model, job.test, { verbose: false });
  const { accuracy, loss } = report;
  runs.push({ name, accuracy: accuracy!, loss, seconds, epochs: result.history.epochs });
  trained.push({ model: result.model, report });
}
const { model: best, report } = trained[0]!;
await saveModel(best, job.out);
const { title, summary } = job;
const confusionMatrix = report.confusionMatrix!;
const shown = await showcase(best, job.test);
const html = page({ title, summary, runs, classes, confusionMatrix, pictures: shown });
await Deno.writeTextFile("out/demo.html", html);

console.log();
for (const { name, accuracy, seconds } of runs) {
  console.log(
    `${name.padEnd(24)} ${percent(accuracy)} of ${job.test.length} pictures right, ` +
      `trained in ${seconds.toFixed(1)} s`,
  );
}
console.log(`\nWrote ${job.out} and out/demo.html in ${seconds().toFixed(0)} s`);

/** The repository's own pictures and network. */
async function digits(): Promise<Job> {
  const characters = [..."0123456789"];
  const draw = (perClass: number, seed: number) => drawnGlyphs({ characters, perClass, seed });
  const backbone = await loadBackbone(new URL("../models/glyphs.onnx", import.meta.url));
  return {
    title: "Ten digits from twenty pictures of each",
    summary: "A small network that was trained on drawn letters is fine-tuned to digits it never " +
      "saw; the same network starts from random weights beside it, with the same pictures and epochs.",
    models: {
      "Fine-tuned from letters": replaceHead(backbone, { classes: characters }),
      "From random weights": glyphNet({ classes: characters, seed: 7 }),
    },
    train: draw(20, 11),
    valid: draw(20, 12),
    test: draw(100, 13),
    options: {
      epochs: Number(args.epochs ?? 15),
      batchSize: 20,
      optimizer: adamW({ learningRate: 2e-3, weightDecay: 0.02 }),
      schedule: oneCycle(),
      seed: 0,
    },
    out: "out/digits.onnx",
  };
}

/** The user's pictures and network. */
async function ownPictures(folder: string): Promise<Job> {
  const all = await imageFolder(folder);
  const { train, validation: valid } = args.validation === undefined
    ? split(all, 0.2)
    : { train: all, validation: await imageFolder(args.validation, { classes: all.classes! }) };
  const backbone = await loadBackbone(args.backbone ?? "mobilenet_v2");
  const headOnly = args.train !== "all";
  const model = replaceHead(headOnly ? freeze(backbone, "all") : backbone, {
    classes: train.classes!,
  });
  return {
    title: `${train.classes!.length} classes from ${train.length} pictures`,
    summary: `${backbone.name}, its ${
      headOnly ? "last layer" : "weights"
    } trained on the pictures of ${folder}.`,
    models: { [`${backbone.name}, fine-tuned`]: model },
    train,
    valid,
    test: valid,
    options: {
      epochs: Number(args.epochs ?? 5),
      optimizer: adamW({ learningRate: headOnly ? 1e-3 : 1e-4, weightDecay: 0.01 }),
      schedule: oneCycle(),
      seed: 0,
    },
    out: "out/model.onnx",
  };
}

/** Sixty test pictures with the network's answers. */
async function showcase(model: Model, test: Dataset): Promise<Shown[]> {
  // Steps by the golden ratio: spread evenly, and in step with no order of the classes.
  const spread = (index: number) => Math.floor(index * 0.6180339887 % 1 * test.length);
  const indices = [...new Set(Array.from({ length: 60 }, (_, index) => spread(index)))]
    .sort((a, b) => a - b);
  const examples = await Promise.all(indices.map((index) => test.get(index)));
  const readable = examples.filter((example) => example?.image !== undefined);
  const answers = await predict(model, pictures(readable.map((one) => ({ image: one!.image! }))));
  return await Promise.all(readable.map(async (example, index) => {
    const [top] = answers[index]!;
    return {
      url: await pngUrl(thumbnail(example!.image!, 96)),
      truth: classes[Number(example!.target)] ?? "",
      answer: top!.label,
      probability: top!.probability,
    };
  }));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function seconds(): number {
  return (performance.now() - started) / 1000;
}
