import { NotDifferentiableError } from "../autodiff/gradients.ts";
import { subset } from "../data/subset.ts";
import type { Model } from "../onnx/model.ts";
import type { Device } from "../runtime/device.ts";
import type { Dataset, Image } from "../tensor/dataset.ts";
import { prepared } from "../train/prepare.ts";
import { stderrProgress } from "../train/progress.ts";
import { inlined } from "./encoded.ts";
import type { Cell, Finding } from "./findings.ts";
import { type GradCam, gradCam } from "./grad_cam/grad_cam.ts";
import type { Shown } from "./html/picture_lists.ts";

/** Examples as a page shows them. */
export interface ShownExamples {
  /** By index in the data set. */
  readonly byIndex: ReadonlyMap<number, Shown>;
  /** Cells of the confusion matrix, each with the examples that are shown. */
  readonly cells: readonly Cell[];
  /** The layer whose maps are shown, where there are any. */
  readonly layer: string | undefined;
  /** Why there are no maps, where they were asked for. */
  readonly problem: string | undefined;
}

/** Sizes of pictures, in pixels: at least, by enlarging; at most. */
const LARGE = [160, 224] as const;
const SMALL = [96, 128] as const;
/** Cells that have examples shown: of very many classes the commonest mistakes. */
const MOST_CELLS = 60;
/** Examples whose maps are made at a time. */
const BATCH = 8;

/** Reads and encodes the examples that a page shows. */
export async function shownExamples(
  model: Model,
  data: Dataset,
  { losses, cells, perCell, gradCam: wanted, device, verbose }: {
    readonly losses: readonly Finding[];
    readonly cells: readonly Cell[];
    readonly perCell: number;
    readonly gradCam: boolean;
    readonly device: Device;
    readonly verbose: boolean;
  },
): Promise<ShownExamples> {
  const progress = stderrProgress(verbose, "pictures");
  const large = losses.map(({ index }) => index);
  const kept = cells.length <= MOST_CELLS ? cells : commonest(cells);
  const small = kept.flatMap(({ examples }) =>
    examples.slice(0, perCell).map(({ index }) => index)
  );
  const maps = wanted && large.length > 0
    ? await mapsOf(model, subset(data, large), device)
    : { found: [], problem: undefined };
  const overlays = new Map(maps.found.map((map, at) => [large[at]!, map.overlay]));
  const ready = prepared(data, model, "The data set");
  const byIndex = new Map<number, Shown>();
  const all = [...new Set([...large, ...small])];
  for (const index of all) {
    const example = await ready.get(index);
    const size = large.includes(index) ? LARGE : SMALL;
    const image = example?.image ?? maps.found[large.indexOf(index)]?.image;
    const overlay = overlays.get(index);
    byIndex.set(index, {
      picture: await encoded(image, size),
      overlay: await encoded(overlay, size),
      name: nameOf(example?.name, index),
    });
    progress.at(byIndex.size, all.length);
  }
  progress.done();
  return { byIndex, cells: kept, layer: maps.found[0]?.layer, problem: maps.problem };
}

async function encoded(
  image: Image | undefined,
  [least, most]: readonly [number, number],
): Promise<string | undefined> {
  return image && await inlined(image, least, most);
}

/** The maps of some examples; none, and why, where the network has none. */
async function mapsOf(
  model: Model,
  data: Dataset,
  device: Device,
): Promise<{ found: readonly GradCam[]; problem: string | undefined }> {
  try {
    return { found: await gradCam(model, data, { batchSize: BATCH, device }), problem: undefined };
  } catch (error) {
    // Other networks than those that convolve pictures have nothing to lay over them.
    if (!(error instanceof NotDifferentiableError || error instanceof TypeError)) throw error;
    return { found: [], problem: error.message.split("\n")[0]! };
  }
}

/** The cells of the most examples, in their order. */
function commonest(cells: readonly Cell[]): Cell[] {
  const wrong = cells.filter(({ truth, answer }) => truth !== answer);
  const most = new Set(
    [...wrong].sort((a, b) => b.examples.length - a.examples.length).slice(0, MOST_CELLS),
  );
  return cells.filter((cell) => most.has(cell));
}

/** The last two parts of a path, which say the class and the file. */
function nameOf(name: string | undefined, index: number): string {
  return name?.split(/[\\/]/).slice(-2).join("/") ?? `example ${index}`;
}
