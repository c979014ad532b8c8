/** A rectangle, in pixels from the top left corner of the picture. */
export interface Box {
  /** Left edge. */
  readonly left: number;
  /** Top edge. */
  readonly top: number;
  /** Right edge. */
  readonly right: number;
  /** Bottom edge. */
  readonly bottom: number;
}

/** Something in a picture. */
export interface Thing extends Box {
  /** Its class. */
  readonly label: number;
}

/** Something that a detector found. */
export interface Detection extends Thing {
  /** How sure it is, from 0 to 1. */
  readonly score: number;
}

/** Intersection over union: the share that two boxes have in common of all they cover. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  return width * height / (areaOf(a) + areaOf(b) - width * height);
}

function areaOf({ left, top, right, bottom }: Box): number {
  return (right - left) * (bottom - top);
}

/**
 * Non-maximum suppression: of boxes of one class that overlap by more than `most`, the surest one.
 * The surest comes first.
 */
export function suppressed(found: readonly Detection[], most = 0.5): Detection[] {
  const kept: Detection[] = [];
  for (const one of [...found].sort((a, b) => b.score - a.score)) {
    const isTaken = kept.some((other) => other.label === one.label && overlap(one, other) > most);
    if (!isTaken) kept.push(one);
  }
  return kept;
}

/**
 * Average precision of one class over all pictures, as Pascal VOC has it since 2010: the area under the
 * precision-recall curve, precision made to fall. A detection is right where it overlaps a thing of its
 * class by `least` or more that no surer one has found. NaN where there is no such thing.
 */
export function averagePrecisionOf(
  label: number,
  found: readonly (readonly Detection[])[],
  truths: readonly (readonly Thing[])[],
  least = 0.5,
): number {
  const things = truths.map((all) => all.filter((one) => one.label === label));
  const total = things.reduce((sum, { length }) => sum + length, 0);
  const taken = things.map(() => new Set<number>());
  const all = found.flatMap((list, picture) =>
    list.filter((one) => one.label === label).map((one) => ({ one, picture }))
  ).sort((a, b) => b.one.score - a.one.score);
  let right = 0;
  const curve = all.map(({ one, picture }, at) => {
    const overlaps = things[picture]!.map((thing) => overlap(one, thing));
    const best = overlaps.indexOf(Math.max(...overlaps));
    if (best >= 0 && overlaps[best]! >= least && !taken[picture]!.has(best)) {
      taken[picture]!.add(best);
      right++;
    }
    return { precision: right / (at + 1), recall: right / total };
  });
  let [area, precision, recall] = [0, 0, curve.at(-1)?.recall ?? 0];
  for (let at = curve.length - 1; at >= 0; at--) {
    precision = Math.max(precision, curve[at]!.precision);
    const before = curve[at - 1]?.recall ?? 0;
    area += (recall - before) * precision;
    recall = before;
  }
  return total === 0 ? NaN : area;
}

/** The mean of the classes' average precisions (mAP), of those that occur. */
export function meanAveragePrecision(
  classes: number,
  found: readonly (readonly Detection[])[],
  truths: readonly (readonly Thing[])[],
): number {
  const known = Array.from(
    { length: classes },
    (_, label) => averagePrecisionOf(label, found, truths),
  ).filter((one) => !Number.isNaN(one));
  return known.reduce((sum, one) => sum + one, 0) / known.length;
}
