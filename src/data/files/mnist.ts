import { fromFileUrl } from "@std/path";
import { z } from "zod";
import type { Dataset } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { arrays } from "../arrays.ts";
import { findFile } from "./file_bytes.ts";
import { readIdx } from "./read_idx.ts";

/** Options of `mnist`. */
export interface MnistOptions {
  /** Which half: 60,000 examples to train with, 10,000 to test with. @default {"train"} */
  readonly part?: "train" | "test";
  /**
   * What the pictures are of: MNIST's `"digits"`, `"fashion"` (Fashion-MNIST), or the 26 `"letters"` of
   * EMNIST, which are turned upright. @default {"digits"}
   */
  readonly set?: "digits" | "fashion" | "letters";
  /** Names of the classes by index. @default those of the set */
  readonly classes?: readonly string[];
}

const schema = z.strictObject({
  part: z.enum(["train", "test"]).default("train"),
  set: z.enum(["digits", "fashion", "letters"]).default("digits"),
  classes: z.array(z.string().min(1)).min(2).optional(),
});

const CLASSES: Readonly<Record<"digits" | "fashion" | "letters", readonly string[]>> = {
  digits: [..."0123456789"],
  fashion: [
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
  ],
  letters: [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"],
};

/**
 * The pictures of MNIST, Fashion-MNIST or EMNIST's letters from the folder with their IDX files, gzipped
 * or not, under the names they are published with: 28×28 greys, and a class each. Throws `Error` where a
 * file is missing, `SyntaxError` where one is damaged or pictures and labels do not belong together,
 * `TypeError` or `RangeError` for wrong options. LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist/
 * Xiao et al., arXiv 1708.07747. Cohen et al., arXiv 1702.05373.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mnist } from "@graft/graft";
 *
 * const folder = await Deno.makeTempDir();
 * const pictures = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 10, 20, 30, 40];
 * await Deno.writeFile(`${folder}/t10k-images-idx3-ubyte`, Uint8Array.from(pictures));
 * await Deno.writeFile(`${folder}/t10k-labels-idx1-ubyte`, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7));
 * const test = await mnist(folder, { part: "test" });
 * assertEquals(test.classes?.[(await test.get(0))!.target as number], "7");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function mnist(
  folder: string | URL,
  options: MnistOptions = {},
): Promise<Dataset> {
  const { part, set, classes: named } = checkOptions("mnist", schema, options);
  const root = folder instanceof URL ? fromFileUrl(folder) : folder;
  const [imageFile, labelFile] = await Promise.all(
    ["images-idx3", "labels-idx1"].map((kind) => fileOf(root, part, { set, kind })),
  );
  const [images, labels] = await Promise.all([readIdx(imageFile!), readIdx(labelFile!)]);
  checkPair([imageFile!, images], [labelFile!, labels]);
  const isLetters = set === "letters";
  const classes = named ?? CLASSES[set];
  // EMNIST counts its letters from 1, and its pictures are written down column by column.
  const first = isLetters ? 1 : 0;
  const targets = Int32Array.from(labels.data as Uint8Array, (label) => label - first);
  const wrong = targets.findIndex((target) => target < 0 || target >= classes.length);
  if (wrong >= 0) {
    throw new SyntaxError(
      `"${labelFile}": label ${wrong} is ${labels.data[wrong]}; ${classes.length} classes from ` +
        `${first} were expected. Is it another set? (option "set", or "classes" for names)`,
    );
  }
  return arrays({
    images: isLetters ? upright(images) : images,
    targets: { type: "int32", dims: labels.dims, data: targets },
    classes,
  });
}

/** The path of one of the four files. */
async function fileOf(
  root: string,
  part: "train" | "test",
  { set, kind }: { readonly set: string; readonly kind: string },
): Promise<string> {
  const halves = part === "train" ? ["train"] : ["t10k", "test"];
  const prefixes = set === "letters" ? ["emnist-letters-", ""] : [""];
  const names = prefixes.flatMap((prefix) => halves.map((half) => `${prefix}${half}-${kind}`));
  const path = await findFile([root, `${root}/raw`], names.flatMap(spellings));
  if (path !== undefined) return path;
  throw new Error(
    `mnist(): "${root}" holds no file "${names[0]}-ubyte" nor "${names[0]}-ubyte.gz". Give the ` +
      `folder with the four IDX files as they are published`,
  );
}

/** Some unpacking tools make a dot of the hyphen before the kind. */
function spellings(name: string): string[] {
  return [`${name}-ubyte`, `${name.replace("-idx", ".idx")}-ubyte`];
}

function checkPair(
  [imageFile, images]: readonly [string, Tensor],
  [labelFile, labels]: readonly [string, Tensor],
): void {
  for (
    const [file, { type, dims }, axes] of [[imageFile, images, 3], [labelFile, labels, 1]] as const
  ) {
    if (type === "uint8" && dims.length === axes) continue;
    throw new SyntaxError(
      `"${file}" must hold bytes with ${axes} ${
        axes === 1 ? "axis" : "axes"
      }, found ${type} [${dims}]`,
    );
  }
  if (images.dims[0] === labels.dims[0]) return;
  throw new SyntaxError(
    `"${imageFile}" holds ${images.dims[0]} pictures but "${labelFile}" ${
      labels.dims[0]
    } labels: they do not belong together`,
  );
}

/** Pictures `[N, H, W]` with rows and columns exchanged. */
function upright({ dims, data }: Tensor): Tensor {
  const [count, height, width] = dims as [number, number, number];
  const turned = new Uint8Array(data.length);
  for (let picture = 0, to = 0; picture < count; picture++) {
    const start = picture * height * width;
    for (let row = 0; row < width; row++) {
      for (let column = 0; column < height; column++) {
        turned[to++] = (data as Uint8Array)[start + column * width + row]!;
      }
    }
  }
  return { type: "uint8", dims: [count, width, height], data: turned };
}
