import { STYLE } from "../demo/style.ts";
import { escaped } from "./escaped.ts";
import type { Captioned, Findings, Row } from "./findings.ts";

/** The findings of a program as one HTML file. */
export function findingsPage(
  found: Findings,
  { program, seconds }: { readonly program: string; readonly seconds: number },
): string {
  const { title, summary, rows, charts = [], pictures = [] } = found;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}${OWN}</style>
<main>
<header><h1>${escaped(title)}</h1><p>${escaped(summary)}</p></header>
<section>${figures(rows)}</section>
${section("charts", charts.map(({ svg }) => `<figure>${svg}</figure>`))}
${section("pictures", pictures.map(picture))}
<footer>Made by <code>examples/${program}.ts</code> of Graft in ${
    seconds.toFixed(1)
  }\u00a0s.</footer>
</main>
</html>
`;
}

const OWN = `
.figures { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
.figures th, .figures td { padding: .45rem .8rem; border-bottom: 1px solid var(--line); text-align: right; }
.figures th:first-child { text-align: left; font-weight: 600; }
.figures thead th { color: var(--soft); font-weight: 600; }
.charts figure { overflow-x: auto; }
`;

function figures(rows: readonly Row[]): string {
  const headings = Object.keys(rows[0]?.figures ?? {});
  const head = headings.map((name) => `<th scope="col">${escaped(name)}</th>`).join("");
  const body = rows.map(({ name, figures }) => {
    const cells = headings.map((one) => `<td>${escaped(figures[one] ?? "")}</td>`).join("");
    return `<tr><th scope="row">${escaped(name)}</th>${cells}</tr>`;
  }).join("\n");
  return `<div class="scroll"><table class="figures"><thead><tr><th></th>${head}</tr></thead>
<tbody>${body}</tbody></table></div>`;
}

function section(kind: string, parts: readonly string[]): string {
  return parts.length === 0 ? "" : `<section class="${kind}">${parts.join("\n")}</section>`;
}

function picture({ url, caption, right }: Captioned): string {
  const kind = right === undefined ? "" : ` class="${right ? "right" : "wrong"}"`;
  return `<figure${kind}><img src="${url}" alt="${escaped(caption)}">
<figcaption>${escaped(caption)}</figcaption></figure>`;
}
