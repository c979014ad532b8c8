/**
 * Teaches a network digits that look one way, with labels, and has it read digits that look another
 * way, without a single label of those: by the source alone, by DAN (multi-kernel MMD, Long et al. 2015)
 * and by DANN (gradient reversal, Ganin et al. 2016).
 *
 *     deno run -A examples/domain_adaptation.ts
 *
 * Without data it draws both: white on black, and over coloured grounds. With data:
 *
 *     deno run -A examples/domain_adaptation.ts --data office31 --backbone resnet18 --from layer4.0.conv1
 *
 * DIR has three folders with the same classes, `DIR/source/<class>/<picture>` with labels,
 * `DIR/target/<class>/<picture>`, whose labels are not looked at, and `DIR/test/<class>/<picture>` of the
 * target, to measure on. Usual data: Office-31 (amazon, dslr, webcam; Saenko et al. 2010), Office-Home,
 * or MNIST and MNIST-M written as pictures.
 *
 * Options: `--pictures` drawn of each digit (30), `--test` of each digit to measure on (50), `--epochs`
 * (20), `--rate` (the learning rate, 0.002), `--mmd` (its weight, 1), `--lambda` (how strong the
 * reversal becomes, 0.1), `--backbone` and `--from` (the first node that is trained;
 * with data all of it is, unless said).
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys (and --allow-net for a
 * backbone by name)
 */
import {
  adamW,
  adapt,
  addHead,
  adversarial,
  type Chart,
  type Dataset,
  evaluate,
  extractFeatures,
  fit,
  freeze,
  imageFolder,
  loadBackbone,
  mlp,
  mmd,
  type Model,
  oneCycle,
  plotEmbeddings,
  rampUp,
  removeHead,
  replaceHead,
  subset,
} from "../mod.ts";
import { pngUrl, thumbnail } from "./demo/png.ts";
import { overColour, whiteOnBlack } from "./domain_adaptation/looks.ts";
import {
  type Captioned,
  type Findings,
  main,
  percent,
  type ProgramOptions,
  type Row,
} from "./shared/program.ts";

/** How a network was trained. */
export type Method = "source" | "dan" | "dann";

/** What the program found. */
export interface AdaptationFindings extends Findings {
  /** Share of the target's test pictures that each network has right. */
  readonly accuracy: Readonly<Record<Method, number>>;
}

/** Both looks, and the network to start from. */
interface Task {
  readonly source: Dataset;
  readonly target: Dataset;
  readonly test: Dataset;
  readonly start: Model;
}

const NAMES: Readonly<Record<Method, string>> = {
  source: "The source alone",
  dan: "DAN: MMD",
  dann: "DANN: gradient reversal",
};
const OPTIONS = {
  pictures: "30",
  test: "50",
  epochs: "20",
  rate: "0.002",
  mmd: "1",
  lambda: "0.1",
  backbone: "",
  from: "",
};
/** Pictures of each look that are shown as dots. */
const DOTS = 300;

/** Trains the three ways and measures them on the target. */
export async function run(
  { seed, data, quiet }: ProgramOptions,
  own: Readonly<Record<string, string>> = OPTIONS,
): Promise<AdaptationFindings> {
  const given = { ...OPTIONS, ...own };
  const say = (line: string) => quiet || console.log(line);
  const task = await taskOf(data, given, seed);
  const { source, target, test } = task;
  say(
    `${source.length} labelled pictures of the source, ${target.length} of the target without labels`,
  );

  const rows: Row[] = [];
  const charts: Chart[] = [];
  const accuracy: Record<string, number> = {};
  for (const method of ["source", "dan", "dann"] as const) {
    const started = performance.now();
    const model = await trained(method, task, { given, seed, quiet });
    const seconds = (performance.now() - started) / 1000;
    const found = await evaluate(model, test, { verbose: false });
    const known = await evaluate(model, source, { verbose: false });
    accuracy[method] = found.accuracy;
    say(`${NAMES[method]}: ${percent(found.accuracy)} of the target right`);
    rows.push({
      name: NAMES[method],
      figures: {
        "target right": percent(found.accuracy),
        "source right": percent(known.accuracy),
        "trained in": `${seconds.toFixed(1)} s`,
      },
    });
    charts.push(await dots(model, task, NAMES[method]));
  }
  return {
    title: "Digits of another look, without their labels",
    summary:
      `${source.length} labelled pictures of one look and ${target.length} unlabelled ones of ` +
      `another; measured on ${test.length} further ones of the second look.`,
    rows,
    charts,
    pictures: [...await shown(source, "source"), ...await shown(test, "target")],
    accuracy: accuracy as Record<Method, number>,
  };
}

/** How a network is trained. */
interface TrainOptions {
  readonly given: typeof OPTIONS;
  readonly seed: number;
  readonly quiet: boolean;
}

async function trained(
  method: Method,
  { source, target, start }: Task,
  { given, seed, quiet }: TrainOptions,
): Promise<Model> {
  const options = {
    epochs: Number(given.epochs),
    optimizer: adamW({ learningRate: Number(given.rate), weightDecay: 0.01 }),
    schedule: oneCycle(),
    seed,
    verbose: !quiet,
  };
  // Half of a batch is of the target, so that all three see as many of the source in a step.
  if (method === "source") return (await fit(start, source, { ...options, batchSize: 32 })).model;
  if (method === "dan") {
    const both = adapt(source, target, { by: mmd({ weight: Number(given.mmd) }) });
    return (await fit(start, both, { ...options, batchSize: 64 })).model;
  }
  const head = mlp({ hidden: 64 });
  const model = addHead(start, { name: "domain", outputs: 1, head, seed });
  const ramp = rampUp();
  const strength = (progress: number) => Number(given.lambda) * ramp(progress);
  const both = adapt(source, target, { by: adversarial({ output: "domain", strength }) });
  const { model: tuned } = await fit(model, both, { ...options, batchSize: 64 });
  return removeHead(tuned, "domain");
}

async function taskOf(
  data: string | undefined,
  given: typeof OPTIONS,
  seed: number,
): Promise<Task> {
  if (data !== undefined) return await ownTask(data, given, seed);
  const perClass = Number(given.pictures);
  const source = whiteOnBlack({ perClass, seed: 1000 * seed + 1 });
  const letters = given.backbone || new URL("../models/glyphs.onnx", import.meta.url);
  const backbone = replaceHead(await loadBackbone(letters), { classes: source.classes!, seed });
  return {
    source,
    target: overColour({ perClass, seed: 1000 * seed + 2 }),
    test: overColour({ perClass: Number(given.test), seed: 1000 * seed + 3 }),
    start: freeze(backbone, { before: given.from || "stage3.down.conv" }),
  };
}

async function ownTask(folder: string, given: typeof OPTIONS, seed: number): Promise<Task> {
  const source = await imageFolder(`${folder}/source`);
  const classes = source.classes!;
  const backbone = await loadBackbone(given.backbone || "resnet18");
  const start = replaceHead(backbone, { classes, seed });
  return {
    source,
    target: await imageFolder(`${folder}/target`, { classes }),
    test: await imageFolder(`${folder}/test`, { classes }),
    start: given.from === "" ? start : freeze(start, { before: given.from }),
  };
}

/** What the network makes of both looks, as dots of two colours. */
async function dots(model: Model, { source, test }: Task, title: string): Promise<Chart> {
  const few = (dataset: Dataset) =>
    subset(dataset, Array.from({ length: Math.min(dataset.length, DOTS) }, (_, index) => index));
  const parts = await Promise.all(
    [source, test].map((dataset) => extractFeatures(model, few(dataset), { verbose: false })),
  );
  const [first, second] = parts as [typeof parts[0], typeof parts[0]];
  const counts = parts.map(({ shape }) => shape[0]!);
  return await plotEmbeddings({
    ...first,
    data: Float32Array.from([...first.data, ...second.data]),
    shape: [counts[0]! + counts[1]!, first.shape[1]!],
    targets: Int32Array.from([
      ...new Array(counts[0]).fill(0),
      ...new Array(counts[1]).fill(1),
    ]),
    indices: [...first.indices, ...second.indices],
  }, { classes: ["source", "target"], title, widthPx: 320 });
}

async function shown(dataset: Dataset, look: string): Promise<Captioned[]> {
  const examples = await Promise.all([0, 1, 2, 3, 4, 5].map((index) => dataset.get(index)));
  return await Promise.all(examples.flatMap((example) => {
    if (!example?.image) return [];
    const label = dataset.classes?.[Number(example.target)] ?? "";
    return [
      pngUrl(thumbnail(example.image, 96)).then((url) => ({
        url,
        caption: `${look}: ${label}`,
      })),
    ];
  }));
}

if (import.meta.main) await main({ name: "domain_adaptation", options: OPTIONS, run });
