import type { Tensor } from "../../tensor/tensor.ts";

/** Parts of a mixture, or labels, that a caption names at most. */
const MOST = 3;

/** What a row's target is, in words: a label, labels with their shares, or numbers. */
export function captionOf(
  targets: Tensor | undefined,
  row: number,
  classes: readonly string[] | undefined,
): string {
  if (!targets) return "";
  const width = targets.data.length / targets.dims[0]!;
  const values = Array.from(targets.data.subarray(row * width, (row + 1) * width), Number);
  const label = (index: number) => classes?.[index] ?? `${index}`;
  if (targets.type === "int64" && width === 1) return label(values[0]!);
  const areShares = classes?.length === width && values.every((value) => value >= 0 && value <= 1);
  if (!areShares) return values.slice(0, MOST).map((value) => value.toPrecision(3)).join(", ");
  const parts = values.map((value, index) => ({ value, index })).filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value);
  const words = parts.slice(0, MOST).map(({ value, index }) =>
    value === 1 ? label(index) : `${label(index)} ${value.toFixed(2)}`
  );
  return words.join(" + ") + (parts.length > MOST ? " + …" : "");
}
