import { z } from "zod";
import { extname } from "@std/path";
import { IMAGES } from "../../artifacts/image_input.ts";
import { preprocessingSchema } from "../../data/preprocessing.ts";
import type { Model } from "../../onnx/model.ts";
import type { Augment, Dataset, Preprocessing } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { rng } from "../../tensor/rng.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { epochOrder } from "../../train/epoch_order.ts";
import { batches, type HostBatch } from "../../train/loader.ts";
import type { Mix } from "../../train/mix/mix.ts";
import { withDistributions } from "../../train/mix/mix_targets.ts";
import type { Sampler } from "../../train/samplers/sampler.ts";
import { captionOf } from "./caption.ts";
import { htmlPage, pngSheet, type Tile } from "./sheet.ts";

/** Options of `showBatch`. */
export interface ShowBatchOptions {
  /** Where the picture goes: a .png, or an .html page with the pictures inside. @default nowhere */
  readonly out?: string;
  /** Rows of pictures. @default {3} */
  readonly rows?: number;
  /** Pictures in a row. @default {4} */
  readonly columns?: number;
  /** Random changes, as for `fit`. @default {"none"} */
  readonly augment?: Augment;
  /** Mixes the pictures, as for `fit`. @default {none} */
  readonly mix?: Mix;
  /** Which examples are shown, as for `fit`. @default {all, once each} */
  readonly sampler?: "balanced" | Sampler;
  /** Seed of order and changes, as for `fit`. @default {0} */
  readonly seed?: number;
  /** The epoch whose beginning is shown; the first is 1. @default {1} */
  readonly epoch?: number;
  /** Width of a picture on the sheet, in pixels. @default {160} */
  readonly tilePx?: number;
}

const object = <T>(key: string) =>
  z.custom<T>((value) => typeof value === "object" && value !== null && key in value);
const schema = z.strictObject({
  out: z.string().regex(/\.(png|html)$/i).describe("a path that ends in .png or .html").optional(),
  rows: z.int().positive().default(3),
  columns: z.int().positive().default(4),
  augment: z.custom<Augment>().default("none"),
  mix: object<Mix>("apply").describe("a mix, such as mixUp()").optional(),
  sampler: z.union([z.literal("balanced"), object<Sampler>("draw")])
    .describe('"balanced" or a sampler').optional(),
  seed: z.number().default(0),
  epoch: z.int().positive().default(1),
  tilePx: z.int().min(16).default(160),
});

type Settings = z.infer<typeof schema>;

/**
 * Draws what a network will see of a data set in `fit` with the same seed, augmented, cropped and mixed,
 * with the labels below: worth a look before any training. Gives the bytes of a PNG, or of the page
 * where `out` ends in .html. Labels of a PNG are set in a font of the system. Throws `TypeError` for
 * data without pictures and a model that takes none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { imagenetPreprocessing, pictures, showBatch } from "@graft/graft";
 *
 * const image = { widthPx: 9, heightPx: 6, data: new Uint8Array(162).fill(99) };
 * const dataset = pictures([{ image, target: 0 }], { classes: ["grey"] });
 * const png = await showBatch(imagenetPreprocessing(), dataset, { rows: 1, columns: 1 });
 * assertEquals(new TextDecoder().decode(png.subarray(1, 4)), "PNG");
 * ```
 */
export async function showBatch(
  target: Model | Preprocessing,
  dataset: Dataset,
  options: ShowBatchOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const settings = checkOptions("showBatch", schema, options);
  const preprocessing = preprocessingOf(target);
  const classes = dataset.classes ?? ("graph" in target ? target.classes : undefined);
  const batch = await firstRows(dataset, preprocessing, settings, classes);
  const { columns, tilePx, out } = settings;
  const tiles = tilesOf(batch, preprocessing, classes);
  const bytes = out !== undefined && extname(out).toLowerCase() === ".html"
    ? new TextEncoder().encode(await htmlPage(tiles, { columns, tilePx }))
    : await pngSheet(tiles, { columns, tilePx });
  if (out !== undefined) await Deno.writeFile(out, bytes);
  return bytes;
}

function preprocessingOf(target: Model | Preprocessing): Preprocessing {
  if (!("graph" in target)) {
    return checkOptions("showBatch: the preprocessing", preprocessingSchema, target);
  }
  if (target.preprocessing) return target.preprocessing;
  throw new TypeError(`showBatch(): the model "${target.name}" takes no pictures`);
}

async function firstRows(
  dataset: Dataset,
  preprocessing: Preprocessing,
  { rows, columns, augment, mix, sampler, seed, epoch }: Settings,
  classes: readonly string[] | undefined,
): Promise<HostBatch> {
  if (!dataset.prepare) throw new TypeError("showBatch(): the data set holds no pictures");
  const batchSize = rows * columns;
  const data = dataset.prepare({ preprocessing, augment, seed });
  const order = epochOrder(
    { shuffle: true, seed, sampler, batchSize, ...(data.sequential && { stepsPerEpoch: 1 }) },
    data,
    epoch - 1,
  );
  const options = { ...order, batchSize, epoch: epoch - 1, pad: false };
  for await (const batch of batches(data, options)) {
    return mix ? mixed(batch, mix, { preprocessing, seed, epoch, classes }) : batch;
  }
  throw new RangeError("showBatch(): none of the examples can be read");
}

function mixed(
  batch: HostBatch,
  mix: Mix,
  { preprocessing: { layout }, seed, epoch, classes }: {
    readonly preprocessing: Preprocessing;
    readonly seed: number;
    readonly epoch: number;
    readonly classes: readonly string[] | undefined;
  },
): HostBatch {
  const labels = batch.targets?.type === "int64" ? Array.from(batch.targets.data, Number) : [];
  const count = classes?.length ?? Math.max(0, ...labels) + 1;
  const whole = withDistributions(batch, count);
  const targets = whole.targets as Tensor<"float32"> | undefined;
  if (!targets) throw new TypeError("showBatch(): examples without targets cannot be mixed");
  const drawn = mix.sample(rng(seed, "mix", epoch - 1, batch.count), batch.count);
  return { ...whole, ...mix.apply({ ...whole, targets, layout }, drawn) };
}

function tilesOf(
  { inputs, targets, count }: HostBatch,
  { heightPx, widthPx, channels }: Preprocessing,
  classes: readonly string[] | undefined,
): Tile[] {
  const images = inputs[IMAGES];
  if (!images) throw new TypeError("showBatch(): the data set holds no pictures");
  const size = heightPx * widthPx * 3;
  return Array.from({ length: count }, (_, row) => ({
    image: {
      widthPx,
      heightPx,
      data: (images.data as Uint8Array).subarray(row * size, (row + 1) * size),
    },
    isGrey: channels === "gray",
    caption: captionOf(targets, row, classes),
  }));
}
