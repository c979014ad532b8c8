import { create, toBinary } from "@bufbuild/protobuf";
import { type Attribute, float, int } from "../../onnx/attribute.ts";
import { encodeAttribute } from "../../onnx/attribute_codec.ts";
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "../../onnx/wire/onnx_pb.ts";
import { ONNX_TYPE_NUMBERS } from "../../onnx/types.ts";
import type { DataType } from "../../tensor/dtype.ts";
import type { UpdateRule } from "../update/update_rule.ts";

/** What an official optimizer file is made of. */
export interface OptimizerFileOptions {
  /** The ONNX operator set to declare. */
  readonly opset: number;
  /** The largest norm of all gradients together, beyond which they are scaled down. */
  readonly clipNorm?: number | undefined;
}

/**
 * The optimizer as an official `optimizer_model.onnx`. Throws `RangeError` for one that ONNX Runtime's
 * two optimizers do not know: they are AdamW (with decoupled decay) and plain gradient descent.
 */
export function encodeOptimizer(
  rule: UpdateRule,
  { opset, clipNorm }: OptimizerFileOptions,
): Uint8Array {
  const settings = adamSettings(rule);
  const clipped = clipNorm === undefined ? "gradients" : "clipped_gradients";
  const update = settings
    ? node(
      "AdamWOptimizer",
      [...RATES, "params", clipped, ...MOMENTS],
      ["update_completed"],
      settings,
    )
    : node("SGDOptimizerV2", ["learning_rate", "params", clipped], ["update_completed"], {});
  const clip = clipNorm === undefined ? [] : [
    node("InplaceClipGradNorm", ["gradients"], [clipped], { max_norm: float(clipNorm) }),
  ];
  const lists = ["params", "gradients", ...settings ? MOMENTS : MOMENTS.slice(0, 1)];
  const graph = create(GraphProtoSchema, {
    name: "graph",
    node: [...clip, update],
    input: [
      single("learning_rate", "float32", [1]),
      single("step", "int64", [1]),
      ...lists.map(listOfTensors),
    ],
    // Plain descent gives a scalar where official files declare [1], which web builds do not load.
    output: [single("update_completed", "bool", settings ? [1] : [])],
  });
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: "graft",
    opsetImport: [
      { domain: "", version: BigInt(opset) },
      { domain: "com.microsoft", version: 1n },
    ],
    graph,
  });
  return toBinary(ModelProtoSchema, model);
}

const RATES = ["learning_rate", "step"];
const MOMENTS = ["first_order_moments", "second_order_moments"];

/** The attributes of AdamWOptimizer; `undefined` for plain descent. */
function adamSettings({ name, settings }: UpdateRule): Record<string, Attribute> | undefined {
  const { weightDecay = 0, beta1, beta2, epsilon, momentum = 0, amsgrad = false } = settings;
  const isAdam = !amsgrad && (name === "adamW" || name === "adam" && weightDecay === 0);
  if (isAdam) {
    return {
      alpha: float(Number(beta1)),
      beta: float(Number(beta2)),
      epsilon: float(Number(epsilon)),
      weight_decay: float(Number(weightDecay)),
      correct_bias: int(1),
      adam_mode: int(0),
    };
  }
  if (name === "sgd" && momentum === 0 && weightDecay === 0) return undefined;
  const has = Object.entries({ momentum, weightDecay, amsgrad }).filter(([, value]) =>
    Number(value) > 0
  );
  const what = has.map(([option, value]) => `${option} ${value}`).join(" and ");
  throw new RangeError(
    `buildArtifacts(): ONNX Runtime's training builds have no optimizer "${name}"` +
      `${
        what && ` with ${what}`
      }; they have adamW() and sgd() without momentum and weight decay. ` +
      'Choose one of these, or build for the target "stock"',
  );
}

function node(
  opType: string,
  input: string[],
  output: string[],
  attributes: Readonly<Record<string, Attribute>>,
) {
  return create(NodeProtoSchema, {
    opType,
    domain: "com.microsoft",
    name: opType,
    input,
    output,
    attribute: Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value)),
  });
}

function single(name: string, type: DataType, dims: readonly number[]): ValueInfoProto {
  const dim = dims.map((size) => ({ value: { case: "dimValue" as const, value: BigInt(size) } }));
  const elemType = ONNX_TYPE_NUMBERS[type];
  const value = { case: "tensorType" as const, value: { elemType, shape: { dim } } };
  return create(ValueInfoProtoSchema, { name, type: { value } });
}

function listOfTensors(name: string): ValueInfoProto {
  const tensorType = { elemType: ONNX_TYPE_NUMBERS.float32 };
  const elemType = { value: { case: "tensorType" as const, value: tensorType } };
  const value = { case: "sequenceType" as const, value: { elemType } };
  return create(ValueInfoProtoSchema, { name, type: { value } });
}
