import { escaped } from "../shared/escaped.ts";
import { lineChart, type Series } from "./line_chart.ts";
import { STYLE } from "./style.ts";

/** One training run, for the page. */
export interface Run {
  /** What it is. */
  readonly name: string;
  /** Share of the test pictures it gets right. */
  readonly accuracy: number;
  /** Its mean loss over the test pictures. */
  readonly loss: number;
  /** Time that training took. */
  readonly seconds: number;
  /** Values an epoch. */
  readonly epochs: readonly {
    readonly loss: number;
    readonly accuracy?: number | undefined;
    readonly validation?: { readonly accuracy?: number | undefined } | undefined;
  }[];
}

/** A test picture with what the network said. */
export interface Shown {
  /** The picture as a `data:` URL. */
  readonly url: string;
  /** What it shows. */
  readonly truth: string;
  /** What the network says. */
  readonly answer: string;
  /** How sure it is, 0 to 1. */
  readonly probability: number;
}

/** What the page is made of. */
export interface PageOptions {
  /** Heading. */
  readonly title: string;
  /** What was done, in a sentence or two. */
  readonly summary: string;
  /** The runs, the fine-tuned one first. */
  readonly runs: readonly Run[];
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Counts of the first run: a row for each true class, a column for each answer. */
  readonly confusionMatrix: readonly (readonly number[])[];
  /** Some test pictures. */
  readonly pictures: readonly Shown[];
}

/** A self-contained HTML page on a training run. */
export function page(options: PageOptions): string {
  const { title, summary, runs, classes, confusionMatrix, pictures } = options;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<main>
<header><h1>${escaped(title)}</h1><p>${escaped(summary)}</p></header>
<section class="cards">${runs.map(card).join("")}</section>
<section class="charts">${charts(runs)}</section>
<section><h2>Test pictures and the fine-tuned network's answers</h2>
<div class="pictures">${pictures.map(picture).join("")}</div></section>
<section><h2>Which class is taken for which</h2>${matrix(classes, confusionMatrix)}</section>
<footer>Made by <code>examples/demo.ts</code> of Graft: transfer learning on the stock ONNX Runtime.</footer>
</main>
</html>
`;
}

function card(run: Run, index: number): string {
  return `<article class="card ${STYLES[index]}"><h2>${escaped(run.name)}</h2>
<p class="figure">${percent(run.accuracy)}</p>
<p>of the test pictures right · trained in ${run.seconds.toFixed(1)}\u00a0s</p></article>`;
}

const STYLES = ["first", "second", "third"];

function charts(runs: readonly Run[]): string {
  const series = (value: (epoch: Run["epochs"][number]) => number | undefined): Series[] =>
    runs.map(({ name, epochs }, index) => ({
      name: escaped(name),
      style: STYLES[index]!,
      values: epochs.map(value).filter((one) => one !== undefined),
    })).filter(({ values }) => values.length > 0);
  const accuracy = series((epoch) => epoch.validation?.accuracy);
  const percentages = { top: 1, label: (value: number) => `${Math.round(100 * value)} %` };
  return lineChart({
    title: accuracy.length > 0 ? "Accuracy on pictures held back, by epoch" : "Accuracy by epoch",
    series: accuracy.length > 0 ? accuracy : series((epoch) => epoch.accuracy),
    ...percentages,
  }) + lineChart({
    title: "Training loss by epoch",
    series: series((epoch) => epoch.loss),
    label: (value) => value.toPrecision(2),
  });
}

function picture({ url, truth, answer, probability }: Shown): string {
  const wrong = truth !== answer;
  const alt = `${escaped(truth)}, taken for ${escaped(answer)}`;
  return `<figure class="${wrong ? "wrong" : "right"}"><img src="${url}" alt="${alt}">
<figcaption><b>${escaped(answer)}</b> ${percent(probability)}${
    wrong ? `<br>it is ${escaped(truth)}` : ""
  }</figcaption></figure>`;
}

function matrix(classes: readonly string[], counts: readonly (readonly number[])[]): string {
  const head = classes.map((name) => `<th scope="col">${escaped(name)}</th>`).join("");
  const rows = counts.map((row, truth) => {
    const total = Math.max(row.reduce((sum, count) => sum + count, 0), 1);
    const cells = row.map((count, answer) => {
      const share = (count / total).toFixed(3);
      const kind = answer === truth ? "hit" : "miss";
      return `<td class="${kind}" style="--share:${share}">${count || ""}</td>`;
    });
    return `<tr><th scope="row">${escaped(classes[truth] ?? "")}</th>${cells.join("")}</tr>`;
  });
  return `<div class="scroll"><table class="matrix">
<caption>A row for what a picture shows, a column for the network's answer</caption>
<thead><tr><td></td>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
