import type { Value } from "./graph.ts";

/** Operators that give as many channels as their first input has. */
const KEEPING = new Set([
  ...["Add", "AveragePool", "Clip", "Div", "Dropout", "Elu", "GlobalAveragePool", "GlobalMaxPool"],
  ...["HardSigmoid", "HardSwish", "Identity", "LRN", "LeakyRelu", "MaxPool", "Mul", "PRelu"],
  ...["Relu", "Sigmoid", "Softplus", "Sub", "Tanh"],
]);

/** How many channels a value has whose shape is not known, from the weights that make or read it. */
export function channelsOf(value: Value): number | undefined {
  const known = value.shape?.[1];
  if (typeof known === "number") return known;
  const node = value.producer;
  const size = node && channelsFrom(value);
  if (size !== undefined) return size;
  const reader = [...value.consumers].find((one) =>
    one.opType === "Conv" && one.inputs[0] === value && one.int("group", 1) === 1
  );
  return reader?.inputs[1]?.constant?.dims[1];
}

/** How many numbers a row of a matrix has whose shape is not known, where a Gemm makes it. */
export function columnsOf(value: Value): number | undefined {
  const node = value.producer;
  if (!node) return undefined;
  if (KEEPING.has(node.opType)) return columnsOf(node.inputs[0]!);
  if (node.opType !== "Gemm") return undefined;
  return node.inputs[1]?.constant?.dims[node.int("transB", 0) === 1 ? 0 : 1];
}

function channelsFrom(value: Value): number | undefined {
  const { opType, inputs } = value.producer!;
  if (opType === "Conv") return inputs[1]?.constant?.dims[0];
  if (opType === "BatchNormalization") return inputs[1]?.constant?.dims[0];
  if (KEEPING.has(opType)) return channelsOf(inputs[0]!);
  if (opType !== "Concat" || value.producer!.int("axis", 1) !== 1) return undefined;
  const sizes = inputs.map((input) => channelsOf(input!));
  return sizes.every((size) => size !== undefined)
    ? sizes.reduce((sum, size) => sum! + size!, 0)
    : undefined;
}
