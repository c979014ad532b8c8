const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML and SVG hold it, in elements and in attributes; letters that XML forbids are left out. */
export function escaped(text: string): string {
  // deno-lint-ignore no-control-regex -- these are the letters that XML forbids
  return text.replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "")
    .replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter]!);
}
