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
 *     deno run -A examples/text_classification.ts --data SST2 --backbone roberta_base
 *
 * DIR holds `train` and `test` as `.csv` with the columns `text` and `category` (or `label`), as
 * Banking77 has them (PolyAI, github.com/PolyAI-LDN/task-specific-datasets), or as `.tsv` of text and
 * label without a line of names, as the two-class Stanford Sentiment Treebank is often given. Backbones
 * are networks of the registry that read texts, such as `roberta_base`, with its tokenizer, or files, with
 * `--vocabulary` naming theirs. The small encoder needs word pieces only: `--vocabulary` names a BERT's `vocab.txt`, which
 * is downloaded where none is given.
 *
 * `--network` takes another architecture than the small encoder, from random weights: `bert`, `distilbert`,
 * `gpt2` or `xlnet`, each of two blocks.
 *
 * Options: `--unlabelled` sentences written (600), `--labelled` of each class (3), `--test` of each class
 * (100), `--pretrain` and `--epochs` (times through the texts without and with labels), `--rate`, `--hidden`,
 * `--dropout`, `--hide` (share of the words that the small encoder does not see while it learns labels),
 * `--tokens` (most tokens of a text).
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys (and --allow-net for
 * downloads)
 */
import {
  type Dataset,
  evaluate,
  loadBackbone,
  loadTokenizer,
  maskedWords,
  type Model,
  removeHead,
  replaceHead,
  type TextItem,
  texts,
  type TextsOptions,
  wordPiece,
} from "../mod.ts";
import { textEncoder } from "../models/text_encoder.ts";
import { type Findings, main, percent, type ProgramOptions, type Row } from "./shared/program.ts";
import { bagOfWords, wordsOf } from "./text_classification/bag_of_words.ts";
import { guessing, learnt, withHidden } from "./text_classification/learning.ts";
import { smallNetwork } from "./text_classification/networks.ts";
import { piecesIn, readTask, SPECIAL, type Task } from "./text_classification/own_texts.ts";
import { OPINIONS, opinions } from "./text_classification/sentences.ts";
import { wordsOn } from "./text_classification/words_chart.ts";

/** How a classifier came about. */
export type Way = "bag" | "scratch" | "pretrained";

/** What the program found. */
export interface TextFindings extends Findings {
  /** Share of the test texts that are right, by task and way. */
  readonly accuracy: Readonly<Record<string, Partial<Record<Way, number>>>>;
}

const OPTIONS = {
  unlabelled: "600",
  labelled: "3",
  test: "100",
  pretrain: "",
  epochs: "",
  rate: "",
  hidden: "",
  dropout: "",
  hide: "",
  tokens: "",
  network: "encoder",
  backbone: "",
  vocabulary: "",
};
const NAMES: Readonly<Record<Way, string>> = {
  bag: "bag of words",
  scratch: "encoder from random weights",
  pretrained: "encoder after guessing hidden words",
};
const INPUTS = ["input_ids", "attention_mask"] as const;

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
    hidden: Number(given.hidden || 48),
    maxPositions: maxTokens,
    deviation: 0.05,
    dropout: 0,
    words: true,
    seed,
  });
  const started = performance.now();
  const plain = texts(unlabelled, { tokenizer, maxTokens, inputs: INPUTS });
  const hidden = maskedWords(plain, { tokenizer, share: 0.25, seed });
  const pretrained = await guessing(start, hidden, {
    ...how,
    epochs: Number(given.pretrain || 25),
    rate: 5e-3,
    batchSize: 32,
  });
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
    charts: [
      await wordsOn(start, tokenizer, "Words at random"),
      await wordsOn(pretrained, tokenizer, "Words after guessing hidden ones"),
    ],
    accuracy: { [task.name]: found },
  };
}

/** All texts of a folder: an encoder or a published network against a bag of words. */
async function onOwnTexts(folder: string, how: How): Promise<TextFindings> {
  const { given, quiet } = how;
  const task = await readTask(folder);
  const { classes, train, test } = task;
  const say = (line: string) => quiet || console.log(line);
  say(
    `${train.length} texts of ${classes.length} classes to learn from, ${test.length} to measure on`,
  );
  const bag = await bagOfWords(train, test, { classes });
  say(`${NAMES.bag}: ${percent(bag)} right`);

  const started = performance.now();
  const { model, dataset, lesson = dataset } = given.backbone !== ""
    ? await publishedNetwork(task, how)
    : given.network === "encoder"
    ? await smallEncoder(task, how)
    : await smallArchitecture(task, how);
  const isPublished = given.backbone !== "";
  const tuned = await learnt(model, lesson(train), {
    ...how,
    epochs: Number(given.epochs || (isPublished ? 3 : 12)),
    rate: Number(given.rate || (isPublished ? 5e-5 : 2e-3)),
    batchSize: 32,
  });
  const seconds = (performance.now() - started) / 1000;
  const { accuracy } = await evaluate(tuned, dataset(test), { verbose: false });
  const way = isPublished || Number(given.pretrain || 0) > 0 ? "pretrained" : "scratch";
  const name = isPublished
    ? `${given.backbone}, fine-tuned`
    : NAMES[way].replace("encoder", given.network);
  say(`${name}: ${percent(accuracy)} right, trained in ${seconds.toFixed(0)} s`);
  return {
    title: `What texts say: ${classes.length} classes`,
    summary: `${train.length} labelled texts; measured on ${test.length} others.`,
    rows: [rowOf(task, "bag", bag), {
      ...rowOf(task, way, accuracy),
      name: `${task.name}: ${name}`,
    }],
    accuracy: { [task.name]: { bag, [way]: accuracy } },
  };
}

/** A network to be trained, and how texts become its data. */
interface Reader {
  readonly model: Model;
  dataset(items: readonly TextItem[]): Dataset;
  /** How they do while it learns. @default `dataset` */
  lesson?(items: readonly TextItem[]): Dataset;
}

/** A small encoder; with `--pretrain`, after it has guessed hidden words of the training texts. */
async function smallEncoder({ classes, train }: Task, how: How): Promise<Reader> {
  const { given, seed } = how;
  const tokenizer = piecesIn(await loadTokenizer(given.vocabulary || "bert"), train);
  const maxTokens = Number(given.tokens || 40);
  const start = textEncoder({
    vocabulary: tokenizer.size,
    hidden: Number(given.hidden || 128),
    dropout: Number(given.dropout || 0.3),
    maxPositions: maxTokens,
    deviation: 0.1,
    classes,
    words: true,
    seed,
  });
  const dataset = (items: readonly TextItem[]) =>
    texts(items, { tokenizer, maxTokens, classes, inputs: INPUTS });
  const share = Number(given.hide || 0.15);
  const lesson = (items: readonly TextItem[]) =>
    share > 0 ? withHidden(dataset(items), { tokenizer, share, seed }) : dataset(items);
  const epochs = Number(given.pretrain || 0);
  if (epochs === 0) return { model: removeHead(start, "words"), dataset, lesson };
  const hidden = maskedWords(dataset(train), { tokenizer, seed });
  const guessed = await guessing(start, hidden, { ...how, epochs, rate: 2e-3, batchSize: 32 });
  return { model: replaceHead(removeHead(guessed, "words"), { classes, seed }), dataset, lesson };
}

/** A small network of a published architecture, from random weights. */
async function smallArchitecture({ classes, train }: Task, { given, seed }: How): Promise<Reader> {
  const maxTokens = Number(given.tokens || 40);
  const { model, tokenizer } = smallNetwork(given.network, {
    tokenizer: piecesIn(await loadTokenizer(given.vocabulary || "bert"), train),
    hidden: Number(given.hidden || 64),
    dropout: Number(given.dropout || 0.1),
    classes,
    maxTokens,
    seed,
  });
  return { model, dataset: asRead(model, { tokenizer, maxTokens, classes }) };
}

/** How texts become data of a network: the inputs that it has. */
function asRead(model: Model, options: TextsOptions): Reader["dataset"] {
  const names = model.inputs.map(({ name }) => name);
  const inputs = options.tokenizer.inputs.filter((name) => names.includes(name));
  return (items) => texts(items, { ...options, inputs });
}

/** A network of the registry with a new head, and its tokenizer. */
async function publishedNetwork({ classes }: Task, { given, seed }: How): Promise<Reader> {
  const tokenizer = await loadTokenizer(given.vocabulary || given.backbone);
  const model = replaceHead(await loadBackbone(given.backbone), { classes, seed });
  const maxTokens = Number(given.tokens || 64);
  return { model, dataset: asRead(model, { tokenizer, maxTokens, classes }) };
}

function rowOf({ name, train }: Task, way: Way, accuracy: number): Row {
  return {
    name: `${name}: ${NAMES[way]}`,
    figures: { "labelled texts": String(train.length), right: percent(accuracy) },
  };
}

if (import.meta.main) await main({ name: "text_classification", options: OPTIONS, run });
