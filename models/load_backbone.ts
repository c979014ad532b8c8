import { basename } from "@std/path";
import { z } from "zod";
import type { Model } from "../src/onnx/model.ts";
import { readModel } from "../src/onnx/read_model.ts";
import type { Preprocessing } from "../src/tensor/dataset.ts";
import { nearest } from "../src/tensor/nearest.ts";
import { checkOptions } from "../src/tensor/options.ts";
import { architectures } from "./architectures.ts";
import { fetched, loadPublished, readFile } from "./load_published.ts";
import { guessPreprocessing } from "./preprocessing.ts";
import { registry } from "./registry.ts";
import { addressOf, cacheName, fileName, localPath, looksLikePath } from "./source.ts";

/** Options of `loadBackbone`. */
export interface LoadBackboneOptions {
  /** What to call the model. @default {the registry's name, or the file's without its ending} */
  readonly name?: string;
  /** How pictures become its input, where the file and the registry do not say it or say it wrongly. */
  readonly preprocessing?: Partial<Preprocessing>;
  /** What the outputs mean, one label a class. @default {what the file says} */
  readonly classes?: readonly string[];
  /**
   * `"published"` weights, or `"random"` ones: the architecture as new, for the names that Graft can
   * build. @default {"published"}
   */
  readonly weights?: "published" | "random";
  /** Seed of random weights. @default {0} */
  readonly seed?: number;
  /** Folder that downloads are kept in. @default {`GRAFT_CACHE`, or `graft` in the user's cache folder} */
  readonly cache?: string;
  /** SHA-256 that a downloaded file must have, hexadecimal. @default {the registry's} */
  readonly sha256?: string;
  /** Whether to report downloads on stderr. @default {true} */
  readonly verbose?: boolean;
}

const channelNumbers = z.array(z.number()).min(1).describe("an array of numbers, one a channel");
const pixels = z.number().int().positive();
const optionsSchema: z.ZodType<LoadBackboneOptions> = z.strictObject({
  name: z.string().min(1).optional(),
  preprocessing: z.strictObject({
    heightPx: pixels.optional(),
    widthPx: pixels.optional(),
    resizePx: pixels.optional(),
    interpolation: z.enum(["bilinear", "bicubic", "lanczos", "nearest"]).optional(),
    range: z.union([z.literal(1), z.literal(255)]).optional(),
    mean: channelNumbers.optional(),
    std: channelNumbers.optional(),
    channels: z.enum(["rgb", "bgr", "gray"]).optional(),
    layout: z.enum(["nchw", "nhwc"]).optional(),
  }).optional(),
  classes: z.array(z.string()).min(1).optional(),
  weights: z.enum(["published", "random"]).optional(),
  seed: z.number().int().optional(),
  cache: z.string().min(1).optional(),
  sha256: z.string().regex(/^[0-9a-fA-F]{64}$/).describe("64 hexadecimal digits").optional(),
  verbose: z.boolean().optional(),
}) as z.ZodType<LoadBackboneOptions>;

/**
 * Reads a network to start from. `source` is a name of the registry (`"mobilenet_v2"`), the path of
 * an ONNX file, a URL (`http:`, `https:` or `file:`), `"hf:owner/repo/file.onnx"` on the Hugging Face
 * Hub (`owner/repo@revision` for one revision), or the bytes of a file. What is downloaded is kept and
 * never fetched twice. Every weight is trainable at first.
 *
 * Preprocessing comes from the options, else from the file (as `saveModel` writes it), else from the
 * registry, else it is ImageNet's at the input's size where the input is one picture.
 *
 * Throws `RangeError` for a name that is not known, `Deno.errors.NotFound` for a missing file,
 * `SyntaxError` where the bytes are no ONNX model, and an `Error` that lists every address tried
 * where a download failed.
 *
 * @example A network with random weights, which needs no file
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { loadBackbone } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random", seed: 1 });
 * assertEquals(model.inputs[0]!.shape, ["batch", 1, 28, 28]);
 * assertEquals(model.parameters.get("conv1.weight")!.shape, [32, 1, 3, 3]);
 * ```
 */
export async function loadBackbone(
  source: string | URL | Uint8Array,
  options: LoadBackboneOptions = {},
): Promise<Model> {
  const checked = checkOptions("loadBackbone", optionsSchema, options);
  const { model, preprocessing } = checked.weights === "random"
    ? { model: build(source, checked), preprocessing: undefined }
    : await read(source, checked);
  const known = model.preprocessing ?? preprocessing ?? guessPreprocessing(model.inputs);
  const classes = checked.classes ?? model.classes;
  refuseWrongCount(model, checked.classes);
  return {
    ...model,
    name: checked.name ?? model.name,
    classes,
    preprocessing: checked.preprocessing ? adjusted(known, checked.preprocessing) : known,
  };
}

interface Read {
  readonly model: Model;
  readonly preprocessing: Preprocessing | undefined;
}

async function read(
  source: string | URL | Uint8Array,
  options: LoadBackboneOptions,
): Promise<Read> {
  if (source instanceof Uint8Array) {
    return { model: await readModel(source, { name: "model" }), preprocessing: undefined };
  }
  if (typeof source === "string" && Object.hasOwn(registry, source)) {
    const { preprocessing } = registry[source]!;
    return { model: await loadPublished(source, registry[source]!, options), preprocessing };
  }
  const address = addressOf(source);
  if (address === undefined) {
    return { model: await readLocal(source), preprocessing: undefined };
  }
  const wanted = { name: fileName(address), addresses: [address.href] };
  const path = await fetched(await cacheName(address), wanted, options);
  return { model: await readFile(path, stem(fileName(address))), preprocessing: undefined };
}

/** Reads a file that the user named. */
async function readLocal(source: string | URL): Promise<Model> {
  const path = localPath(source);
  try {
    return await readFile(path, stem(basename(path)));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) || await exists(path)) throw error;
    throw looksLikePath(source) ? missing(path, error) : unknown(String(source), error);
  }
}

function stem(file: string): string {
  return file.replace(/\.onnx$/i, "");
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function missing(path: string, cause: Error): Error {
  return new Deno.errors.NotFound(
    `loadBackbone(): there is no file "${path}" (relative paths start at ${Deno.cwd()})`,
    { cause },
  );
}

function unknown(name: string, cause: Error): Error {
  const names = Object.keys(registry);
  if (Object.hasOwn(architectures, name)) {
    return new RangeError(
      `loadBackbone(): no published weights of "${name}" are known, only random ones: ` +
        `loadBackbone("${name}", { weights: "random" }). Published are ${names.join(", ")}`,
      { cause },
    );
  }
  const near = nearest(name, names);
  return new RangeError(
    `loadBackbone(): no backbone and no file is called "${name}"` +
      `${near === undefined ? "" : `; did you mean "${near}"?`} ` +
      `Give the path of an ONNX file, a URL, "hf:owner/repo/file.onnx", or a name: ${
        names.join(", ")
      }`,
    { cause },
  );
}

function build(source: string | URL | Uint8Array, options: LoadBackboneOptions): Model {
  const make = typeof source === "string" && Object.hasOwn(architectures, source)
    ? architectures[source]
    : undefined;
  if (make) {
    const { classes, seed } = options;
    return make({ ...(classes && { classes }), ...(seed !== undefined && { seed }) });
  }
  throw new RangeError(
    `loadBackbone(): option "weights" is "random", which is possible for ` +
      `${Object.keys(architectures).join(", ")}, found ${
        typeof source === "string" ? `"${source}"` : "a file"
      }`,
  );
}

function adjusted(
  known: Preprocessing | undefined,
  changes: Partial<Preprocessing>,
): Preprocessing {
  const base = { interpolation: "bilinear", range: 1, channels: "rgb", layout: "nchw", ...known };
  const { heightPx, widthPx } = { ...base, ...changes };
  const resized = known === undefined && heightPx && widthPx
    ? { resizePx: Math.round(Math.max(heightPx, widthPx) * 256 / 224) }
    : {};
  const made = { ...base, ...resized, ...changes } as Preprocessing;
  const channels = made.channels === "gray" ? 1 : 3;
  for (const key of ["mean", "std"] as const) {
    if (made[key]?.length === channels) continue;
    throw new RangeError(
      `loadBackbone(): option "preprocessing.${key}" must have ${channels} numbers for ` +
        `"${made.channels}" pictures, found ${JSON.stringify(made[key])}`,
    );
  }
  if (made.heightPx && made.widthPx && made.resizePx) return made;
  throw new RangeError(
    `loadBackbone(): option "preprocessing" must give heightPx and widthPx: the file does not tell them`,
  );
}

function refuseWrongCount(model: Model, classes: readonly string[] | undefined): void {
  const outputs = model.outputs[0]?.shape[1];
  if (classes === undefined || typeof outputs !== "number" || outputs === classes.length) return;
  throw new RangeError(
    `loadBackbone(): option "classes" must have ${outputs} labels, one for each output of ` +
      `"${model.name}", found ${classes.length}; replaceHead() changes the number of outputs`,
  );
}
