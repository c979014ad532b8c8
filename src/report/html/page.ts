import { escaped } from "../escaped.ts";
import { STYLE } from "./style.ts";

/** A part of a page, with a heading and a link from the top. */
export interface Section {
  /** Heading, and what the link says. */
  readonly title: string;
  /** What is below it, as HTML. */
  readonly content: string;
}

/** A page that needs nothing but itself. `about` is said below the title, in plain text. */
export function page(title: string, about: string, sections: readonly Section[]): string {
  const id = (at: number) => `part-${at + 1}`;
  const links = sections.map((section, at) =>
    `<li><a href="#${id(at)}">${escaped(section.title)}</a></li>`
  );
  const parts = sections.map((section, at) =>
    `<section id="${id(at)}" aria-labelledby="${id(at)}-title">
<h2 id="${id(at)}-title">${escaped(section.title)}</h2>
${section.content}
</section>`
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the results</a>
<header>
<h1>${escaped(title)}</h1>
<p>${escaped(about)}</p>
<nav aria-label="Parts of this report"><ul>${links.join("")}</ul></nav>
</header>
<main id="content">
${parts.join("\n")}
</main>
<footer>Made by Graft. This page holds everything it shows.</footer>
</body>
</html>
`;
}
