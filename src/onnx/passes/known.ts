import type { DataType } from "../../tensor/dtype.ts";
import type { Node, Value } from "../graph.ts";

/** ONNX's numbers for element types, as the attributes `to` and `dtype` hold them. */
const TYPES: readonly (DataType | undefined)[] = [
  undefined,
  "float32",
  "uint8",
  "int8",
  "uint16",
  "int16",
  "int32",
  "int64",
  undefined,
  "bool",
  "float16",
  "float64",
  "uint32",
  "uint64",
  undefined,
  undefined,
  "bfloat16",
];

/** Operators whose first output has the type of their first input, as far as passes need to know. */
const SAME_TYPE = words(
  `Abs Add AveragePool BatchNormalization Ceil Clip Concat Conv ConvTranspose CumSum DepthToSpace
  Div Dropout Elu Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gelu Gemm
  GlobalAveragePool GlobalMaxPool GroupNormalization HardSigmoid HardSwish Hardmax Identity
  InstanceNormalization LRN LayerNormalization LeakyRelu Log LogSoftmax LpNormalization LpPool
  MatMul Max MaxPool Mean Min Mish Mod Mul Neg PRelu Pad Pow Reciprocal ReduceL1 ReduceL2
  ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare
  Relu Reshape Resize Round Scatter ScatterElements ScatterND Selu Sigmoid Sign Sin Cos Slice
  Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh ThresholdedRelu Tile TopK
  Transpose Trilu Unsqueeze Upsample`,
);

/** Operators whose first output has as many axes as their first input. */
const SAME_RANK = words(
  `Abs AveragePool BatchNormalization Cast Ceil Clip Concat Conv ConvTranspose CumSum DepthToSpace
  Dropout Elu Erf Exp Floor Gelu GlobalAveragePool GlobalMaxPool GroupNormalization HardSigmoid
  HardSwish Hardmax Identity InstanceNormalization LRN LayerNormalization LeakyRelu Log LogSoftmax
  LpNormalization LpPool MaxPool Mish Neg PRelu Pad Reciprocal Relu Resize Round Selu Sigmoid Sign
  Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Tanh ThresholdedRelu Tile TopK Transpose
  Upsample`,
);

const BROADCAST = words("Add Div Max Mean Min Mul Pow Sub Sum Where");

/** The element type of `value`, from its declaration or from the nodes ahead; `undefined` where unclear. */
export function elementType(value: Value): DataType | undefined {
  let at: Value | undefined = value;
  while (at && at.type === undefined) {
    const node: Node | undefined = at.producer;
    if (!node || node.domain !== "") return undefined;
    if (node.opType === "Cast") return TYPES[node.int("to", 0)];
    if (node.opType === "Shape" || node.opType === "Size") return "int64";
    if (!SAME_TYPE.has(node.opType) || node.outputs.indexOf(at) > 0 && node.opType !== "Split") {
      return undefined;
    }
    at = node.inputs[0];
  }
  return at?.type;
}

/** ONNX's number for an element type. */
export function typeNumber(type: DataType): number {
  return TYPES.indexOf(type);
}

/** The number of axes of `value`, from its declaration or from the nodes ahead; `undefined` where unclear. */
export function rankOf(
  value: Value,
  seen: Map<Value, number | undefined> = new Map(),
): number | undefined {
  if (value.shape) return value.shape.length;
  // Remembered, for residual networks have a number of paths that doubles with every block.
  if (!seen.has(value)) seen.set(value, rankFromProducer(value, seen));
  return seen.get(value);
}

function rankFromProducer(
  value: Value,
  seen: Map<Value, number | undefined>,
): number | undefined {
  const node = value.producer;
  const first = node?.inputs[0];
  if (!node || !first || node.domain !== "") return undefined;
  const { opType, inputs } = node;
  if (opType === "Flatten" || opType === "Gemm") return 2;
  if (opType === "Reshape") return length(inputs[1]);
  if (opType.startsWith("Conv") && inputs[1]?.shape) return inputs[1].shape.length;
  if (SAME_RANK.has(opType)) return rankOf(first, seen);
  if (opType.startsWith("Reduce") && node.int("keepdims", 1) === 1) return rankOf(first, seen);
  if (opType !== "MatMul" && !BROADCAST.has(opType)) return undefined;
  const ranks = inputs.map((one) => one && rankOf(one, seen));
  if (ranks.includes(undefined) || opType === "MatMul" && ranks.includes(1)) return undefined;
  return Math.max(...ranks as number[]);
}

/** The length of a shape vector. */
function length(value: Value | undefined): number | undefined {
  const size = value?.shape?.[0];
  return typeof size === "number" ? size : undefined;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}
