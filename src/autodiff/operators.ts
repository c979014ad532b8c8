/**
 * Inputs and outputs of the operators that have a gradient rule, by ONNX's own names and in its
 * order. `?` marks an optional one, `...` a list that takes all positions from there on.
 */
export const OPERATORS = {
  Abs: op(["X"], ["Y"]),
  Add: op(["A", "B"], ["C"]),
  AveragePool: op(["X"], ["Y"]),
  BatchNormalization: op(
    ["X", "scale", "B", "input_mean", "input_var"],
    ["Y", "running_mean?", "running_var?"],
  ),
  Cast: op(["input"], ["output"]),
  Clip: op(["input", "min?", "max?"], ["output"]),
  Concat: op(["...inputs"], ["concat_result"]),
  Conv: op(["X", "W", "B?"], ["Y"]),
  ConvTranspose: op(["X", "W", "B?"], ["Y"]),
  Div: op(["A", "B"], ["C"]),
  Dropout: op(["data", "ratio?", "training_mode?"], ["output", "mask?"]),
  Erf: op(["input"], ["output"]),
  Exp: op(["input"], ["output"]),
  Expand: op(["input", "shape"], ["output"]),
  Flatten: op(["input"], ["output"]),
  Gather: op(["data", "indices"], ["output"]),
  GatherElements: op(["data", "indices"], ["output"]),
  Gelu: op(["X"], ["Y"]),
  Gemm: op(["A", "B", "C?"], ["Y"]),
  GlobalAveragePool: op(["X"], ["Y"]),
  GlobalMaxPool: op(["X"], ["Y"]),
  HardSigmoid: op(["X"], ["Y"]),
  HardSwish: op(["X"], ["Y"]),
  Identity: op(["input"], ["output"]),
  LayerNormalization: op(["X", "Scale", "B?"], ["Y", "Mean?", "InvStdDev?"]),
  LeakyRelu: op(["X"], ["Y"]),
  Log: op(["input"], ["output"]),
  LogSoftmax: op(["input"], ["output"]),
  LRN: op(["X"], ["Y"]),
  MatMul: op(["A", "B"], ["Y"]),
  MaxPool: op(["X"], ["Y", "Indices?"]),
  Mul: op(["A", "B"], ["C"]),
  Neg: op(["X"], ["Y"]),
  Pad: op(["data", "pads", "constant_value?", "axes?"], ["output"]),
  Pow: op(["X", "Y"], ["Z"]),
  PRelu: op(["X", "slope"], ["Y"]),
  Reciprocal: op(["X"], ["Y"]),
  ReduceMean: op(["data", "axes?"], ["reduced"]),
  ReduceSum: op(["data", "axes?"], ["reduced"]),
  Relu: op(["X"], ["Y"]),
  Reshape: op(["data", "shape"], ["reshaped"]),
  Sigmoid: op(["X"], ["Y"]),
  Slice: op(["data", "starts", "ends", "axes?", "steps?"], ["output"]),
  Softmax: op(["input"], ["output"]),
  Softplus: op(["X"], ["Y"]),
  Split: op(["input", "split?"], ["...outputs"]),
  Sqrt: op(["X"], ["Y"]),
  Squeeze: op(["data", "axes?"], ["squeezed"]),
  Sub: op(["A", "B"], ["C"]),
  Sum: op(["...data_0"], ["sum"]),
  Tanh: op(["input"], ["output"]),
  Transpose: op(["data"], ["transposed"]),
  Unsqueeze: op(["data", "axes"], ["expanded"]),
  Where: op(["condition", "X", "Y"], ["output"]),
} as const;

/** An operator that has a gradient rule. */
export type Operator = keyof typeof OPERATORS;

/** Names of the inputs of `Op`, without the marks. */
export type InputOf<Op extends Operator> = Plain<(typeof OPERATORS)[Op]["inputs"][number]>;

/** Names of the outputs of `Op`, without the marks. */
export type OutputOf<Op extends Operator> = Plain<(typeof OPERATORS)[Op]["outputs"][number]>;

/** Values by name: optional ones may be missing, lists are arrays. */
export type Named<Marked extends string, One> =
  & { readonly [Name in Marked as Required<Name>]: One }
  & { readonly [Name in Marked as Optional<Name>]: One | undefined }
  & { readonly [Name in Marked as Listed<Name>]: readonly One[] };

type Plain<Name extends string> = Name extends `${infer Bare}?` ? Bare
  : Name extends `...${infer Bare}` ? Bare
  : Name;
type Optional<Name extends string> = Name extends `${infer Bare}?` ? Bare : never;
type Listed<Name extends string> = Name extends `...${infer Bare}` ? Bare : never;
type Required<Name extends string> = Name extends `${string}?` | `...${string}` ? never : Name;

function op<const In extends readonly string[], const Out extends readonly string[]>(
  inputs: In,
  outputs: Out,
): { readonly inputs: In; readonly outputs: Out } {
  return { inputs, outputs };
}
