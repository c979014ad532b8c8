/**
 * Inputs and outputs of the operators that have a gradient rule, by ONNX's own names and in its
 * order. `?` marks an optional one, `...` a list that takes all positions from there on.
 */
export const OPERATORS = {
  Abs: op(["X"], ["Y"]),
  Acos: op(["input"], ["output"]),
  Acosh: op(["input"], ["output"]),
  Add: op(["A", "B"], ["C"]),
  AffineGrid: op(["theta", "size"], ["grid"]),
  Asin: op(["input"], ["output"]),
  Asinh: op(["input"], ["output"]),
  Atan: op(["input"], ["output"]),
  Atanh: op(["input"], ["output"]),
  AveragePool: op(["X"], ["Y"]),
  BatchNormalization: op(
    ["X", "scale", "B", "input_mean", "input_var"],
    ["Y", "running_mean?", "running_var?"],
  ),
  Cast: op(["input"], ["output"]),
  Ceil: op(["X"], ["Y"]),
  Celu: op(["X"], ["Y"]),
  Clip: op(["input", "min?", "max?"], ["output"]),
  Col2Im: op(["input", "image_shape", "block_shape"], ["output"]),
  "com.microsoft.DequantizeLinear": op(["x", "x_scale", "x_zero_point?"], ["y"]),
  "com.microsoft.FastGelu": op(["X", "bias?"], ["Y"]),
  "com.microsoft.FusedMatMul": op(["A", "B"], ["Y"]),
  "com.microsoft.Gelu": op(["X"], ["Y"]),
  "com.microsoft.MatMulNBits": op(["A", "B", "scales", "zero_points?", "g_idx?", "bias?"], ["Y"]),
  "com.microsoft.QuantizeLinear": op(["x", "y_scale", "y_zero_point?"], ["y"]),
  "com.microsoft.QuickGelu": op(["X"], ["Y"]),
  "com.microsoft.SkipLayerNormalization": op(["input", "skip", "gamma", "beta?", "bias?"], [
    "output",
    "mean?",
    "inv_std_var?",
    "input_skip_bias_sum?",
  ]),
  Concat: op(["...inputs"], ["concat_result"]),
  Conv: op(["X", "W", "B?"], ["Y"]),
  ConvTranspose: op(["X", "W", "B?"], ["Y"]),
  Cos: op(["input"], ["output"]),
  Cosh: op(["input"], ["output"]),
  CumSum: op(["x", "axis"], ["y"]),
  DepthToSpace: op(["input"], ["output"]),
  DequantizeLinear: op(["x", "x_scale", "x_zero_point?"], ["y"]),
  Det: op(["X"], ["Y"]),
  DFT: op(["input", "dft_length?", "axis?"], ["output"]),
  Div: op(["A", "B"], ["C"]),
  Dropout: op(["data", "ratio?", "training_mode?"], ["output", "mask?"]),
  Einsum: op(["...Inputs"], ["Output"]),
  Elu: op(["X"], ["Y"]),
  Erf: op(["input"], ["output"]),
  Exp: op(["input"], ["output"]),
  Expand: op(["input", "shape"], ["output"]),
  Flatten: op(["input"], ["output"]),
  Floor: op(["X"], ["Y"]),
  Gather: op(["data", "indices"], ["output"]),
  GatherElements: op(["data", "indices"], ["output"]),
  GatherND: op(["data", "indices"], ["output"]),
  Gelu: op(["X"], ["Y"]),
  Gemm: op(["A", "B", "C?"], ["Y"]),
  GlobalAveragePool: op(["X"], ["Y"]),
  GlobalLpPool: op(["X"], ["Y"]),
  GlobalMaxPool: op(["X"], ["Y"]),
  GroupNormalization: op(["X", "scale", "bias"], ["Y"]),
  HardSigmoid: op(["X"], ["Y"]),
  HardSwish: op(["X"], ["Y"]),
  Identity: op(["input"], ["output"]),
  InstanceNormalization: op(["input", "scale", "B"], ["output"]),
  LayerNormalization: op(["X", "Scale", "B?"], ["Y", "Mean?", "InvStdDev?"]),
  LeakyRelu: op(["X"], ["Y"]),
  Log: op(["input"], ["output"]),
  LogSoftmax: op(["input"], ["output"]),
  LpNormalization: op(["input"], ["output"]),
  LpPool: op(["X"], ["Y"]),
  LRN: op(["X"], ["Y"]),
  MatMul: op(["A", "B"], ["Y"]),
  Max: op(["...data_0"], ["max"]),
  MaxPool: op(["X"], ["Y", "Indices?"]),
  MaxUnpool: op(["X", "I", "output_shape?"], ["output"]),
  Mean: op(["...data_0"], ["mean"]),
  Min: op(["...data_0"], ["min"]),
  Mish: op(["X"], ["Y"]),
  Mod: op(["A", "B"], ["C"]),
  Mul: op(["A", "B"], ["C"]),
  Neg: op(["X"], ["Y"]),
  OneHot: op(["indices", "depth", "values"], ["output"]),
  Pad: op(["data", "pads", "constant_value?", "axes?"], ["output"]),
  Pow: op(["X", "Y"], ["Z"]),
  PRelu: op(["X", "slope"], ["Y"]),
  QuantizeLinear: op(["x", "y_scale", "y_zero_point?"], ["y"]),
  Reciprocal: op(["X"], ["Y"]),
  ReduceL1: op(["data", "axes?"], ["reduced"]),
  ReduceL2: op(["data", "axes?"], ["reduced"]),
  ReduceLogSum: op(["data", "axes?"], ["reduced"]),
  ReduceLogSumExp: op(["data", "axes?"], ["reduced"]),
  ReduceMax: op(["data", "axes?"], ["reduced"]),
  ReduceMean: op(["data", "axes?"], ["reduced"]),
  ReduceMin: op(["data", "axes?"], ["reduced"]),
  ReduceProd: op(["data", "axes?"], ["reduced"]),
  ReduceSum: op(["data", "axes?"], ["reduced"]),
  ReduceSumSquare: op(["data", "axes?"], ["reduced"]),
  Relu: op(["X"], ["Y"]),
  Reshape: op(["data", "shape"], ["reshaped"]),
  Resize: op(["X", "roi?", "scales?", "sizes?"], ["Y"]),
  ReverseSequence: op(["input", "sequence_lens"], ["Y"]),
  RMSNormalization: op(["X", "scale"], ["Y"]),
  Round: op(["X"], ["Y"]),
  ScatterElements: op(["data", "indices", "updates"], ["output"]),
  ScatterND: op(["data", "indices", "updates"], ["output"]),
  Selu: op(["X"], ["Y"]),
  Shrink: op(["input"], ["output"]),
  Sigmoid: op(["X"], ["Y"]),
  Sign: op(["input"], ["output"]),
  SimplifiedLayerNormalization: op(["X", "scale"], ["Y", "InvStdDev?"]),
  Sin: op(["input"], ["output"]),
  Sinh: op(["input"], ["output"]),
  Slice: op(["data", "starts", "ends", "axes?", "steps?"], ["output"]),
  Softmax: op(["input"], ["output"]),
  Softplus: op(["X"], ["Y"]),
  Softsign: op(["input"], ["output"]),
  SpaceToDepth: op(["input"], ["output"]),
  Split: op(["input", "split?"], ["...outputs"]),
  Sqrt: op(["X"], ["Y"]),
  Squeeze: op(["data", "axes?"], ["squeezed"]),
  Sub: op(["A", "B"], ["C"]),
  Sum: op(["...data_0"], ["sum"]),
  Swish: op(["X"], ["Y"]),
  Tan: op(["input"], ["output"]),
  Tanh: op(["input"], ["output"]),
  TensorScatter: op(["past_cache", "update", "write_indices?"], ["present_cache"]),
  ThresholdedRelu: op(["X"], ["Y"]),
  Tile: op(["input", "repeats"], ["output"]),
  TopK: op(["X", "K"], ["Values", "Indices?"]),
  Transpose: op(["data"], ["transposed"]),
  Trilu: op(["input", "k?"], ["output"]),
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
