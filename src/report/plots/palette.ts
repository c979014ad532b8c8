/** Colours of lines and dots, each at 3:1 or more against white as well as against a dark page. */
export const PALETTE = [
  "#3b82c4",
  "#c96a14",
  "#2e9e5b",
  "#9a62c7",
  "#d1495b",
  "#1a96a0",
  "#a8791a",
  "#c2569a",
] as const;

/** The colour of what is only there for comparison. */
export const MUTED = "#7d8590";

/** A colour by its place; past the last they begin again. */
export function colorOf(index: number): string {
  return PALETTE[index % PALETTE.length]!;
}
