import { join } from "@std/path";
import { z } from "zod";
import { isFloat } from "../../tensor/dtype.ts";
import type { Dataset, Image } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { toNumbers } from "../../tensor/tensor.ts";
import { extractFeatures } from "../extract_features.ts";
import type { Callback, EndEvent, EpochEvent } from "./callback.ts";
import { RunCount } from "./run_count.ts";
import { flatNumbers } from "./flat_numbers.ts";
import type { EncodedPicture, SummaryValue } from "./tensorboard/event.ts";
import { EventFile } from "./tensorboard/event_file.ts";
import { histogramOf } from "./tensorboard/histogram.ts";
import { saveEmbeddings } from "./tensorboard/save_embeddings.ts";

/** Pictures of an epoch, by tag. */
export type EpochPictures = (
  event: EpochEvent,
) => Readonly<Record<string, Image>> | Promise<Readonly<Record<string, Image>>>;

/** Options of `tensorBoard`. */
export interface TensorBoardOptions {
  /** Whether the distribution of each trainable weight is written each epoch. @default {false} */
  readonly histograms?: boolean;
  /**
   * Pictures to show: the first eight of a data set, once, or those that a function gives after each
   * epoch, such as maps of what the network looks at.
   */
  readonly pictures?: Dataset | EpochPictures;
  /** Data whose features, as the trained model has them, go to the projector at the end. */
  readonly embeddings?: Dataset;
  /** Every how many steps their loss is written. @default {1} */
  readonly everySteps?: number;
}

const isDataset = (value: unknown): value is Dataset =>
  typeof value === "object" && value !== null && "length" in value && "get" in value;

const schema: z.ZodType<TensorBoardOptions> = z.strictObject({
  histograms: z.boolean().optional(),
  pictures: z.custom<Dataset | EpochPictures>((value) =>
    typeof value === "function" || isDataset(value)
  ).describe("a data set, or a function of an epoch's event").optional(),
  embeddings: z.custom<Dataset>(isDataset).describe("a data set").optional(),
  everySteps: z.number().int().positive().optional(),
}) as z.ZodType<TensorBoardOptions>;

/** Pictures of a data set that are shown. */
const MOST_PICTURES = 8;
/** Longest edge of a picture that is shown. */
const LONGEST_PX = 512;

/**
 * Writes a run for TensorBoard (`tensorboard --logdir FOLDER`): loss, accuracy, learning rate and
 * speed of each epoch, those of the validation data as a run of their own in the same charts, and the
 * loss of each step; all by steps taken. A run that resumes from a checkpoint goes on after its steps;
 * one that starts anew replaces what an earlier one wrote into the folder. The steps of several runs
 * with one logger, such as the phases of `fineTune`, are numbered through.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensorBoard } from "@graft/graft";
 *
 * const folder = await Deno.makeTempDir();
 * const logger = tensorBoard(folder);
 * const run = { model: () => null!, weights: () => new Map(), stop() {}, history: { epochs: [] } };
 * await logger.onStep!({ ...run, step: 1, epoch: 1, loss: 2, learningRate: 0.1, count: 32 });
 * await logger.onEnd!({ ...run, use() {} });
 * assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["train"]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function tensorBoard(folder: string, options: TensorBoardOptions = {}): Callback {
  const checked = checkOptions("tensorBoard", schema, options);
  const { histograms = false, pictures, embeddings, everySteps = 1 } = checked;
  const train = new EventFile(join(folder, "train"));
  const validation = new EventFile(join(folder, "validation"));
  const run = new RunCount();
  return {
    async onStart(event) {
      run.start(event);
      for (const file of [train, validation]) file.start(run.steps);
      if (run.steps === 0 && isDataset(pictures)) await train.add(0, await firstPictures(pictures));
    },
    async onStep(event) {
      const step = run.step(event.step);
      if (step % everySteps > 0) return;
      const { loss, learningRate } = event;
      await train.add(step, {
        "step/loss": { scalar: loss },
        "step/learning rate": { scalar: learningRate },
      });
    },
    async onEpoch(event) {
      const step = run.steps;
      const { validation: held, ...trained } = event.record;
      await train.add(step, scalars(trained));
      if (held) await validation.add(step, scalars(held));
      if (histograms) await train.add(step, weightsOf(event));
      if (typeof pictures === "function") {
        await train.add(step, await encoded(await pictures(event)));
      }
      await train.flush();
      await validation.flush();
    },
    async onEnd(event) {
      await train.flush();
      await validation.flush();
      if (embeddings) await embed(join(folder, "train"), embeddings, event);
    },
  };
}

/** The numbers of an epoch's record as `epoch/…`; what is not a number is left out. */
function scalars(record: object): Record<string, SummaryValue> {
  const known = [...flatNumbers(record)].filter(([name, value]) =>
    name !== "epoch" && !Number.isNaN(value)
  );
  return Object.fromEntries(known.map(([name, scalar]) => [`epoch/${words(name)}`, { scalar }]));
}

/** `learningRate` as `learning rate`. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function weightsOf(event: EpochEvent): Record<string, SummaryValue> {
  const parameters = [...event.model().parameters.values()];
  const trained = parameters.filter(({ trainable, type }) => trainable && isFloat(type));
  return Object.fromEntries(trained.map(({ name, value }) => {
    const numbers = value.type === "float32" ? value.data as Float32Array : toNumbers(value);
    return [`weights/${name}`, { histogram: histogramOf(numbers) }];
  }));
}

async function firstPictures(dataset: Dataset): Promise<Record<string, SummaryValue>> {
  const found: Record<string, Image> = {};
  for (let index = 0; index < Math.min(MOST_PICTURES, dataset.length); index++) {
    const example = await dataset.get(index);
    if (!example?.image) continue;
    const label = typeof example.target === "number"
      ? dataset.classes?.[example.target]
      : undefined;
    found[`examples/${index}${label === undefined ? "" : ` ${label}`}`] = example.image;
  }
  return await encoded(found);
}

async function encoded(
  pictures: Readonly<Record<string, Image>>,
): Promise<Record<string, SummaryValue>> {
  const entries = Object.entries(pictures).map(async ([tag, image]) =>
    [tag, { picture: await pngOf(image) }] as const
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function pngOf({ data, widthPx, heightPx }: Image): Promise<EncodedPicture> {
  const { default: sharp } = await import("sharp");
  const { data: png, info } = await sharp(data, {
    raw: { width: widthPx, height: heightPx, channels: 3 },
  }).resize(LONGEST_PX, LONGEST_PX, { fit: "inside", withoutEnlargement: true })
    .png().toBuffer({ resolveWithObject: true });
  return { widthPx: info.width, heightPx: info.height, png };
}

async function embed(folder: string, dataset: Dataset, event: EndEvent): Promise<void> {
  const model = event.model();
  const features = await extractFeatures(model, dataset, { verbose: false });
  const classes = model.classes ?? dataset.classes;
  await saveEmbeddings(folder, features, { ...(classes && { classes }) });
}
