import type { Preprocessing, Rectangle } from "../tensor/dataset.ts";

/** A size in pixels. */
export interface Size {
  /** Pixels across. */
  readonly widthPx: number;
  /** Pixels down. */
  readonly heightPx: number;
}

/** A picture resized as a whole, and the part of the result that is kept. */
export interface Window {
  /** Size of the whole picture after resizing. */
  readonly resized: Size;
  /** What is kept of it. */
  readonly kept: Rectangle;
}

/**
 * How a picture of `size` is shown to a network at evaluation: its shorter edge resized to
 * `resizePx`, then the centre, rounded as torchvision's `Resize` and `CenterCrop` do. Where the
 * centre crop would reach outside, the picture is resized larger instead of padded.
 */
export function evaluationWindow(size: Size, preprocessing: Preprocessing): Window {
  const { resizePx, widthPx, heightPx } = preprocessing;
  const shorter = Math.min(size.widthPx, size.heightPx);
  let width = Math.max(1, Math.floor(resizePx * size.widthPx / shorter));
  let height = Math.max(1, Math.floor(resizePx * size.heightPx / shorter));
  const enlarge = Math.max(widthPx / width, heightPx / height);
  if (enlarge > 1) {
    width = Math.max(widthPx, Math.round(width * enlarge));
    height = Math.max(heightPx, Math.round(height * enlarge));
  }
  return {
    resized: { widthPx: width, heightPx: height },
    kept: {
      leftPx: roundHalfEven((width - widthPx) / 2),
      topPx: roundHalfEven((height - heightPx) / 2),
      widthPx,
      heightPx,
    },
  };
}

/** The part of the original, in whole pixels, that `window` shows. */
export function sourceRectangle(size: Size, { resized, kept }: Window): Rectangle {
  const across = size.widthPx / resized.widthPx;
  const down = size.heightPx / resized.heightPx;
  const widthPx = Math.min(size.widthPx, Math.max(1, Math.round(kept.widthPx * across)));
  const heightPx = Math.min(size.heightPx, Math.max(1, Math.round(kept.heightPx * down)));
  return {
    leftPx: Math.min(Math.round(kept.leftPx * across), size.widthPx - widthPx),
    topPx: Math.min(Math.round(kept.topPx * down), size.heightPx - heightPx),
    widthPx,
    heightPx,
  };
}

/** The window that shows `part` of a picture of `size` at the size `shown`, to the nearest pixel. */
export function windowOn(size: Size, part: Rectangle, shown: Size): Window {
  const widthPx = Math.max(
    shown.widthPx,
    Math.round(size.widthPx * shown.widthPx / part.widthPx),
  );
  const heightPx = Math.max(
    shown.heightPx,
    Math.round(size.heightPx * shown.heightPx / part.heightPx),
  );
  const left = Math.round(part.leftPx * widthPx / size.widthPx);
  const top = Math.round(part.topPx * heightPx / size.heightPx);
  return {
    resized: { widthPx, heightPx },
    kept: {
      leftPx: Math.min(left, widthPx - shown.widthPx),
      topPx: Math.min(top, heightPx - shown.heightPx),
      widthPx: shown.widthPx,
      heightPx: shown.heightPx,
    },
  };
}

/** Python's `round`: halves go to the even neighbour. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
