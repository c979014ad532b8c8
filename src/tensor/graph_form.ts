/**
 * Parts of a graph that change pictures `[N, H, W, 3]`, by what they are told of each picture:
 * `"window"` left, top, width and height of the part to show, as shares of the picture;
 * `"mirrorAcross"` and `"mirrorDown"` 1 to mirror it, or 0; `"shift"` pixels across and down that what
 * is shown lies from where it was, black beyond the edges; `"levels"`, once or several times in turn, a
 * factor, and the shares of the picture's mean grey and of each pixel's own grey in the level that
 * stays as it is; `"warpNearest"` and `"warpBilinear"` the 6 coefficients of an affine map, or the 8 of a
 * perspective, from places of the result to places of the picture, and the colour of what lies outside.
 */
export type GraphPart =
  | ("window" | "mirrorAcross" | "mirrorDown" | "shift" | "levels")
  | ("warpNearest" | "warpBilinear");

/** A random change of pictures as part of a training graph. */
export interface GraphForm<Params> {
  /** The part that does it. */
  readonly part: GraphPart;
  /** What the part is told of a picture, as many numbers for all; `widthPx` and `heightPx` are what `sample` saw. */
  numbers(params: Params, widthPx: number, heightPx: number): readonly number[];
}

const PREFIX = "graft_change";

/** Name of the input that takes the numbers of the change at a place in the list, `[N, count]`. */
export function changeInput(place: number, part: GraphPart): string {
  return `${PREFIX}/${place}/${part}`;
}

/** The changes whose inputs are among `names`, in their order. */
export function changesAmong(
  names: readonly string[],
): { readonly input: string; readonly part: GraphPart }[] {
  return names.filter((name) => name.startsWith(`${PREFIX}/`)).map((input) => {
    const [, place, part] = input.split("/");
    return { input, place: Number(place), part: part as GraphPart };
  }).sort((a, b) => a.place - b.place);
}
