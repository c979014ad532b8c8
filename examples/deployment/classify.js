/**
 * What a page does around a network: pixels become its input, its scores become probabilities. Plain
 * JavaScript, since browsers run it as it is.
 */

/**
 * The network's input `[1, C, H, W]` or `[1, H, W, C]` from the bytes of a canvas of its size.
 *
 * @param {ArrayLike<number>} rgba bytes `[H, W, 4]`
 * @param {import("../../mod.ts").Preprocessing} preprocessing
 * @returns {{ data: Float32Array, dims: number[] }}
 */
export function inputOf(rgba, { heightPx, widthPx, range, mean, std, channels, layout }) {
  const size = heightPx * widthPx;
  const planes = channels === "gray" ? 1 : 3;
  const data = new Float32Array(planes * size);
  for (let i = 0; i < size; i++) {
    const [red, green, blue] = [rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2]];
    const colours = channels === "gray"
      ? [0.299 * red + 0.587 * green + 0.114 * blue]
      : channels === "rgb"
      ? [red, green, blue]
      : [blue, green, red];
    colours.forEach((value, plane) => {
      const at = layout === "nchw" ? plane * size + i : i * planes + plane;
      data[at] = (value * range / 255 - mean[plane]) / std[plane];
    });
  }
  const dims = layout === "nchw" ? [1, planes, heightPx, widthPx] : [1, heightPx, widthPx, planes];
  return { data, dims };
}

/**
 * The classes by their probability (softmax), the most probable first.
 *
 * @param {ArrayLike<number>} scores logits `[C]`
 * @param {readonly string[]} classes
 * @returns {{ label: string, probability: number }[]}
 */
export function rankedOf(scores, classes) {
  const most = Math.max(...Array.from(scores));
  const shares = Array.from(scores, (score) => Math.exp(score - most));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share, index) => ({ label: classes[index], probability: share / total }))
    .sort((a, b) => b.probability - a.probability);
}
