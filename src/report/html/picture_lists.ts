import { escaped } from "../escaped.ts";
import { type Cell, type Finding, isWrong } from "../findings.ts";
import { percent } from "./tables.ts";

/** A picture with what the model looks at, as addresses. */
export interface Shown {
  /** The picture as the network sees it. */
  readonly picture?: string | undefined;
  /** The same with the Grad-CAM of the answer laid over it. */
  readonly overlay?: string | undefined;
  /** Its file or name. */
  readonly name: string;
}

/** Pictures and names by index in the data set. */
export type ShownByIndex = ReadonlyMap<number, Shown>;

/** The examples of the greatest losses, each with the map of its answer. */
export function lossList(
  findings: readonly Finding[],
  shown: ShownByIndex,
  classes: readonly string[],
): string {
  const items = findings.map((one) => {
    const { picture, overlay, name } = shown.get(one.index)!;
    const [truth, answer] = [classes[one.truth]!, classes[one.answer]!];
    const images = [
      picture && img(picture, `${truth}, taken for ${answer}: ${name}`),
      overlay && img(overlay, `Where the network looks for ${answer}`),
    ].filter((image) => image !== undefined);
    const kind = isWrong(one) ? "wrong" : "right";
    return `<li><figure class="card">` +
      (images.length > 0 ? `<div class="pair">${images.join("")}</div>` : "") +
      `<figcaption><span class="${kind}">${escaped(answer)}</span> ${percent(one.confidence)}` +
      (isWrong(one) ? `, is <b>${escaped(truth)}</b> ${percent(one.probability)}` : "") +
      `<br>loss ${one.loss.toFixed(2)}<br><span class="name">${escaped(name)}</span>` +
      `</figcaption></figure></li>`;
  });
  return `<ul class="pictures">${items.join("")}</ul>`;
}

/** Examples of each cell of the confusion matrix, mistakes opened. */
export function cellList(
  cells: readonly Cell[],
  shown: ShownByIndex,
  classes: readonly string[],
): string {
  return cells.map((cell) => {
    const [truth, answer] = [classes[cell.truth]!, classes[cell.answer]!];
    const what = isWrong(cell) ? `${truth} taken for ${answer}` : `${truth}, found`;
    const pictures = cell.examples.flatMap((one) => {
      const found = shown.get(one.index);
      if (!found) return [];
      const image = found.picture ? img(found.picture, `${what}: ${found.name}`) : "";
      const caption = found.picture
        ? percent(one.confidence)
        : `${escaped(found.name)} ${percent(one.confidence)}`;
      return [`<li><figure>${image}<figcaption>${caption}</figcaption></figure></li>`];
    });
    return `<details${isWrong(cell) ? " open" : ""}><summary>${escaped(what)}: ` +
      `${cell.examples.length}</summary><ul class="strip">${pictures.join("")}</ul></details>`;
  }).join("");
}

function img(address: string, alt: string): string {
  return `<img src="${address}" alt="${escaped(alt)}" loading="lazy">`;
}
