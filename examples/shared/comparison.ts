import {
  type Dataset,
  evaluate,
  fit,
  type FitOptions,
  type History,
  type Model,
  pictures,
  predict,
  type Report,
} from "../../mod.ts";
import { pngUrl, thumbnail } from "../demo/png.ts";
import { type Captioned, percent, type Row } from "./program.ts";

/** Something that is trained, beside others. */
export interface Candidate {
  /** What it is called. */
  readonly name: string;
  /** Where it starts. */
  readonly model: Model;
  /** What is different from the options of all. */
  readonly options?: FitOptions;
}

/** What became of a candidate. */
export interface Outcome {
  /** What it is called. */
  readonly name: string;
  /** The trained model. */
  readonly model: Model;
  /** By epoch. */
  readonly history: History;
  /** Figures on the test data. */
  readonly report: Report;
  /** How long training took. */
  readonly seconds: number;
}

/** Trains every candidate on the same data and measures it on the same test data. */
export async function compare(
  candidates: readonly Candidate[],
  { train, test, quiet, options }: {
    readonly train: Dataset;
    readonly test: Dataset;
    readonly quiet: boolean;
    readonly options: FitOptions;
  },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { name, model, options: own } of candidates) {
    if (!quiet) console.log(`\n${name}`);
    const start = performance.now();
    const all = { validation: test, verbose: !quiet, ...options, ...own };
    const { model: trained, history } = await fit(model, train, all);
    const seconds = (performance.now() - start) / 1000;
    const report = await evaluate(trained, test, { verbose: false });
    outcomes.push({ name, model: trained, history, report, seconds });
  }
  return outcomes;
}

/** Accuracy, loss and time of each as a row. */
export function rowsOf(outcomes: readonly Outcome[]): Row[] {
  return outcomes.map(({ name, report, seconds }) => ({
    name,
    figures: {
      accuracy: percent(report.accuracy),
      loss: report.loss.toFixed(3),
      training: `${seconds.toFixed(1)} s`,
    },
  }));
}

/** The accuracy on validation data by epoch, for a chart. */
export function curvesOf(outcomes: readonly Pick<Outcome, "name" | "history">[]) {
  return outcomes.map(({ name, history }) => ({
    name,
    values: history.epochs.map(({ validation }) => validation?.accuracy ?? 0),
  }));
}

/** What the model says of some test pictures, spread over them. */
export async function answers(model: Model, test: Dataset, count = 24): Promise<Captioned[]> {
  const classes = test.classes ?? [];
  // Steps by the golden ratio: spread evenly, and in step with no order of the classes.
  const spread = (index: number) => Math.floor(index * 0.6180339887 % 1 * test.length);
  const indices = [...new Set(Array.from({ length: count }, (_, index) => spread(index)))];
  const examples = await Promise.all(indices.sort((a, b) => a - b).map((index) => test.get(index)));
  const readable = examples.flatMap((one) =>
    one?.image === undefined ? [] : [{ image: one.image, target: one.target }]
  );
  const found = await predict(model, pictures(readable.map(({ image }) => ({ image }))));
  return await Promise.all(readable.map(async ({ image, target }, index) => {
    const [top] = found[index]!;
    const right = top!.index === target;
    const truth = classes[Number(target)] ?? String(target);
    const share = `${(100 * top!.probability).toFixed(0)} %`;
    return {
      url: await pngUrl(thumbnail(image, 96)),
      caption: right ? `${top!.label} ${share}` : `${top!.label} ${share}, it is ${truth}`,
      right,
    };
  }));
}
