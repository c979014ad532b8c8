/**
 * Teaches a network what texts say: which opinion, which question. An encoder learns the language from
 * texts without labels by guessing hidden words (BERT's task), and then the classes from a few labelled
 * texts; the same encoder from random weights and a bag of words learn beside it.
 *
 *     deno run -A examples/text_classification.ts
 *
 * Without data it writes sentences itself. With data, it compares a small encoder from random weights, or
 * a published network, with a bag of words:
 *
 *     deno run -A examples/text_classification.ts --data banking77
 *     deno run -A examples/text_classification.ts --data SST2 --backbone distilbert
 *
 * DIR holds `train` and `test` as `.csv` with the columns `text` and `category` (or `label`), as
 * Banking77 has them (PolyAI, github.com/PolyAI-LDN/task-specific-datasets), or as `.tsv` of text and
 * label without a line of names, as the two-class Stanford Sentiment Treebank is often given. Backbones
 * are networks of the registry that read texts, `bert`, `distilbert`, `gpt2`, `xlnet`, with their
 * tokenizers. The small encoder needs word pieces only: `--vocabulary` names a BERT's `vocab.txt`, which
 * is downloaded where none is given.
 *
 * Options: `--unlabelled` sentences written (1200), `--labelled` of each class (4), `--test` of each class
 * (150), `--pretrain` and `--epochs` (times through the texts without and with labels), `--rate`, `--hidden`,
 * `--tokens` (most tokens of a text).
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys (and --allow-net for
 * downloads)
 */
import {
  adamW,
  crossEntropy,
  type Dataset,
  evaluate,
  fit,
  linearDecay,
  loadBackbone,
  loadTokenizer,
  type LossDefinition,
  maskedWords,
  type Model,
  readTexts,
  removeHead,
  replaceHead,
  type TextItem,
  texts,
  type TextTokenizer,
  warmUp,
  wordPiece,
} from "../mod.ts";
import { textEncoder } from "../models/text_encoder.ts";
import { type Findings, main, percent, type ProgramOptions, type Row } from "./shared/program.ts";
import { bagOfWords, wordsOf } from "./text_classification/bag_of_words.ts";
import { OPINIONS, opinions } from "./text_classification/sentences.ts";

/** How a classifier came about. */
export type Way = "bag" | "scratch" | "pretrained";

/** What the program found. */
export interface TextFindings extends Findings {
  /** Share of the test texts that are right, by task and way. */
  readonly accuracy: Readonly<Record<string, Partial<Record<Way, number>>>>;
}

/** Texts with labels to learn from and others to measure on. */
interface Task {
  readonly name: string;
  readonly classes: readonly string[];
  readonly train: readonly TextItem[];
  readonly test: readonly TextItem[];
}

const OPTIONS = {
  unlabelled: "1200",
  labelled: "4",
  test: "150",
  pretrain: "",
  epochs: "",
  rate: "",
  hidden: "",
  tokens: "",
  backbone: "",
  vocabulary: "",
};
const NAMES: Readonly<Record<Way, string>> = {
  bag: "bag of words",
  scratch: "encoder from random weights",
  pretrained: "encoder after guessing hidden words",
};
const INPUTS = ["input_ids", "attention_mask"] as const;
const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/** Trains the classifiers and measures them. */
export async function run(
  { seed, data, quiet }: ProgramOptions,
  own: Readonly<Record<string, string>> = OPTIONS,
): Promise<TextFindings> {
  const given = { ...OPTIONS, ...own };
  const how = { given, seed, quiet };
  return data === undefined ? await onSentences(how) : await onOwnTexts(data, how);
}

/** What every step is told. */
interface How {
  readonly given: typeof OPTIONS;
  readonly seed: number;
  readonly quiet: boolean;
}

/** A few labelled sentences, many without labels. */
async function onSentences(how: How): Promise<TextFindings> {
  const { given, seed, quiet } = how;
  const [few, many, tested] = [given.labelled, given.unlabelled, given.test].map(Number) as [
    number,
    number,
    number,
  ];
  const task: Task = {
    name: "opinions",
    classes: OPINIONS,
    train: opinions({ perClass: few, seed: 100 * seed + 1 }),
    test: opinions({ perClass: tested, seed: 100 * seed + 2 }),
  };
  const unlabelled = opinions({ perClass: Math.ceil(many / 2), seed: 100 * seed + 3 })
    .map(({ text }) => ({ text }));
  const words = new Set(unlabelled.flatMap(({ text }) => wordsOf(text)));
  const tokenizer = wordPiece([...SPECIAL, ",", ...[...words].sort()]);
  const maxTokens = Number(given.tokens || 16);
  const start = textEncoder({
    vocabulary: tokenizer.size,
    hidden: Number(given.hidden || 32),
    maxPositions: maxTokens,
    deviation: 0.05,
    dropout: 0,
    words: true,
    seed,
  });
  const started = performance.now();
  const plain = texts(unlabelled, { tokenizer, maxTokens, inputs: INPUTS });
  const hidden = maskedWords(plain, { tokenizer, share: 0.25, seed });
  const pretrained = await guessing(start, hidden, how);
  const seconds = (performance.now() - started) / 1000;
  const say = (line: string) => quiet || console.log(line);
  say(`guessed words of ${unlabelled.length} sentences in ${seconds.toFixed(0)} s`);

  const bag = await bagOfWords(task.train, task.test, { classes: OPINIONS, minTexts: 1 });
  say(`${NAMES.bag}: ${percent(bag)} right`);
  const found: Partial<Record<Way, number>> = { bag };
  const dataset = (items: readonly TextItem[]) =>
    texts(items, { tokenizer, maxTokens, classes: OPINIONS, inputs: INPUTS });
  for (const [way, model] of [["scratch", start], ["pretrained", pretrained]] as const) {
    const classifier = replaceHead(removeHead(model, "words"), { classes: OPINIONS, seed });
    const tuned = await learnt(classifier, dataset(task.train), {
      ...how,
      epochs: Number(given.epochs || 30),
      rate: Number(given.rate || 2e-3),
      batchSize: 8,
    });
    const { accuracy } = await evaluate(tuned, dataset(task.test), { verbose: false });
    found[way] = accuracy;
    say(`${NAMES[way]}: ${percent(accuracy)} right`);
  }
  return {
    title: "What texts say, from a few labels",
    summary:
      `${task.train.length} labelled sentences, ${unlabelled.length} without labels; measured on ` +
      `${task.test.length} others.`,
    rows: (["bag", "scratch", "pretrained"] as const).map((way) => rowOf(task, way, found[way]!)),
    accuracy: { [task.name]: found },
  };
}

/** All texts of a folder: an encoder or a published network against a bag of words. */
async function onOwnTexts(folder: string, how: How): Promise<TextFindings> {
  const { given, seed, quiet } = how;
  const [train, test] = await Promise.all(["train", "test"].map((part) => readPart(folder, part)));
  const classes = [...new Set(train!.map(({ label }) => label!))].sort();
  const task: Task = { name: folder.split("/").at(-1)!, classes, train: train!, test: test! };
  const say = (line: string) => quiet || console.log(line);
  say(
    `${train!.length} texts of ${classes.length} classes to learn from, ${
      test!.length
    } to measure on`,
  );
  const bag = await bagOfWords(task.train, task.test, { classes });
  say(`${NAMES.bag}: ${percent(bag)} right`);

  const published = given.backbone !== "";
  const maxTokens = Number(given.tokens || 40);
  const tokenizer = published
    ? await loadTokenizer(given.vocabulary || given.backbone)
    : piecesIn(await loadTokenizer(given.vocabulary || "bert"), task.train);
  const model = published
    ? replaceHead(await loadBackbone(given.backbone), { classes, seed })
    : textEncoder({
      vocabulary: tokenizer.size,
      hidden: Number(given.hidden || 128),
      maxPositions: maxTokens,
      classes,
      seed,
    });
  const names = model.inputs.map(({ name }) => name);
  const dataset = (items: readonly TextItem[]) =>
    texts(items, {
      tokenizer,
      maxTokens,
      classes,
      inputs: tokenizer.inputs.filter((name) => names.includes(name)),
    });
  const started = performance.now();
  const tuned = await learnt(model, dataset(task.train), {
    ...how,
    epochs: Number(given.epochs || (published ? 3 : 12)),
    rate: Number(given.rate || (published ? 5e-5 : 2e-3)),
    batchSize: 32,
  });
  const seconds = (performance.now() - started) / 1000;
  const { accuracy } = await evaluate(tuned, dataset(task.test), { verbose: false });
  const way = published ? "pretrained" : "scratch";
  const name = published ? `${given.backbone}, fine-tuned` : NAMES.scratch;
  say(`${name}: ${percent(accuracy)} right, trained in ${seconds.toFixed(0)} s`);
  return {
    title: `What texts say: ${classes.length} classes`,
    summary: `${train!.length} labelled texts; measured on ${test!.length} others.`,
    rows: [rowOf(task, "bag", bag), {
      ...rowOf(task, way, accuracy),
      name: `${task.name}: ${name}`,
    }],
    accuracy: { [task.name]: { bag, [way]: accuracy } },
  };
}

function rowOf({ name, train }: Task, way: Way, accuracy: number): Row {
  return {
    name: `${name}: ${NAMES[way]}`,
    figures: { "labelled texts": String(train.length), right: percent(accuracy) },
  };
}

/** The model after it has guessed hidden words: the loss reads its second output. */
async function guessing(
  model: Model,
  hidden: Dataset,
  { given, seed, quiet }: How,
): Promise<Model> {
  const { losses } = crossEntropy({ ignoreIndex: -100 });
  const loss: LossDefinition = {
    name: "masked words",
    targets: "numbers",
    outputs: ["words"],
    losses: (g, _, target, context) => losses(g, context.output("words"), target, context),
  };
  const { model: fitted } = await fit(model, hidden, {
    loss,
    epochs: Number(given.pretrain || 30),
    batchSize: 32,
    optimizer: adamW({ learningRate: 1e-2, weightDecay: 0.01 }),
    schedule: warmUp(0.1, linearDecay()),
    seed,
    verbose: !quiet,
  });
  return fitted;
}

/** How long and how fast a classifier learns. */
interface Learning extends How {
  readonly epochs: number;
  readonly rate: number;
  readonly batchSize: number;
}

/** The model after it has learned the labels: the rate rises over the first tenth, then falls to 0. */
async function learnt(
  model: Model,
  dataset: Dataset,
  { epochs, rate, batchSize, seed, quiet }: Learning,
): Promise<Model> {
  const { model: fitted } = await fit(model, dataset, {
    epochs,
    batchSize,
    loss: crossEntropy({ labelSmoothing: 0.1 }),
    optimizer: adamW({ learningRate: rate, weightDecay: 0.01 }),
    schedule: warmUp(0.1, linearDecay()),
    clip: { norm: 1 },
    seed,
    verbose: !quiet,
  });
  return fitted;
}

/** The tokenizer with those pieces only that occur in some texts: fewer weights to learn. */
function piecesIn(whole: TextTokenizer, items: readonly TextItem[]): TextTokenizer {
  const ids = new Set(items.flatMap(({ text }) => whole.encode(text).ids));
  const pieces = [...ids].sort((a, b) => a - b).map((id) => whole.token(id)!);
  return wordPiece([...SPECIAL, ...pieces.filter((piece) => !SPECIAL.includes(piece))]);
}

/** The texts of `train` or `test`, from the file that is there. */
async function readPart(folder: string, part: string): Promise<TextItem[]> {
  const file = `${folder}/${part}`;
  try {
    return await readTexts(`${file}.tsv`, { columns: ["text", "label"] });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const [names = ""] = (await Deno.readTextFile(`${file}.csv`)).split(/\r?\n/, 1);
  return await readTexts(`${file}.csv`, {
    label: names.includes("category") ? "category" : "label",
  });
}

if (import.meta.main) await main({ name: "text_classification", options: OPTIONS, run });
