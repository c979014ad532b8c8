import type { Chart } from "../../mod.ts";

/** One line of figures: what was tried, and what it came to. */
export interface Row {
  /** What was tried. */
  readonly name: string;
  /** Its figures by heading, as they are shown; every row has the same headings. */
  readonly figures: Readonly<Record<string, string>>;
}

/** A picture with a line below. */
export interface Captioned {
  /** The picture, as a `data:` URL. */
  readonly url: string;
  /** What it shows. */
  readonly caption: string;
  /** Whether the answer it shows is right; none where nothing was asked. */
  readonly right?: boolean;
}

/** What a program found, for the terminal and its page. */
export interface Findings {
  /** Heading. */
  readonly title: string;
  /** What was done, in a sentence or two. */
  readonly summary: string;
  /** The comparison. */
  readonly rows: readonly Row[];
  /** Pictures drawn of the figures. */
  readonly charts?: readonly Pick<Chart, "svg">[];
  /** Examples with what the network made of them. */
  readonly pictures?: readonly Captioned[];
}
