import { type Tensor, tensor } from "../tensor/tensor.ts";

/** Targets float32 `[C]` with 1 for each of the labels. Throws `Error` of `unknown` for one that is none. */
export function multiHot(
  labels: readonly string[],
  classes: readonly string[],
  unknown: (label: string) => Error,
): Tensor<"float32"> {
  const data = new Float32Array(classes.length);
  for (const label of labels) {
    const index = classes.indexOf(label);
    if (index < 0) throw unknown(label);
    data[index] = 1;
  }
  return tensor("float32", [classes.length], data);
}

/** The labels in a text, trimmed, without empty ones. */
export function labelsIn(text: string, separator: string): string[] {
  return text.split(separator).map((label) => label.trim()).filter((label) => label !== "");
}
