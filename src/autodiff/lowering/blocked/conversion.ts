import type { Node, Value } from "../../../onnx/graph.ts";
import { sameShape, sizeOf } from "../../../tensor/shape.ts";
import { dimsOf } from "../../builder.ts";
import { blockedConv, paysBlocked } from "./blocked_conv.ts";
import type { BlockedValues } from "./blocked_values.ts";
import { type Affine, affine, isByChannel, normalised, reduced } from "./channelwise.ts";

/** Operators that treat every element alike, so that the layout does not matter. */
const ELEMENTWISE = new Set([
  ...["Add", "And", "Cast", "Clip", "Div", "Equal", "Greater", "GreaterOrEqual", "HardSigmoid"],
  ...["HardSwish", "LeakyRelu", "Less", "LessOrEqual", "Mul", "Neg", "Not", "Or", "Relu"],
  ...["Sigmoid", "Sub", "Sum", "Tanh", "Where"],
]);
const REDUCTIONS = new Set(["GlobalAveragePool", "ReduceMean", "ReduceSum"]);

/** A blocked value with a factor for each channel, not yet multiplied. */
interface Scaled {
  readonly blocked: Value;
  readonly scale: Value;
}

/** A blocked value less the mean of each channel. */
interface Centred {
  readonly mean: Value;
  readonly blocked: Value;
}

/** Puts operators into blocked layout, one after the other in the order of the graph. */
export class Conversion {
  readonly #scaled = new Map<Value, Scaled>();
  readonly #centred = new Map<Value, Centred>();

  /** What is converted is remembered in `values`. */
  constructor(readonly values: BlockedValues) {}

  /** Gives a node's first output a blocked form, or puts out the same in plain layout; `false` where neither pays. */
  convert(node: Node): boolean {
    if (node.domain !== "" && node.domain !== "ai.onnx") return false;
    if (node.opType === "BatchNormalization") return this.#norm(node);
    if (REDUCTIONS.has(node.opType)) return this.#reduction(node);
    if (node.opType === "Transpose") return this.#channelsLast(node);
    if (!this.#isConvertible(node)) return false;
    if (paysBlocked(this.values, node)) {
      this.values.defer(node.outputs[0]!, blockedConv(this.values, node));
      return true;
    }
    return ELEMENTWISE.has(node.opType) && this.#elementwise(node);
  }

  #isConvertible(node: Node): boolean {
    const [value, ...others] = node.outputs;
    return value !== undefined && others.length === 0 && value.shape?.length === 4 &&
      [value, ...node.inputs].every((one) => !one || isStatic(one)) &&
      this.#isInner(value);
  }

  /** Whether only nodes of this very graph read a value. */
  #isInner(value: Value): boolean {
    return !this.values.g.graph.outputs.includes(value) &&
      ![...value.consumers].some((consumer) => consumer.captures.includes(value));
  }

  #norm(node: Node): boolean {
    const { values } = this;
    const [x] = node.inputs as [Value];
    const [y] = node.outputs as [Value];
    const isByBatch = node.int("training_mode", 0) === 1 && node.float("momentum", 0.9) === 0;
    if (!isByBatch || !values.isNative(x) || !values.fills(x) || !this.#isInner(y)) return false;
    const made = normalised(values, node);
    values.defer(y, made.y);
    this.#centred.set(x, { mean: made.mean, blocked: made.centred });
    [made.mean, made.variance].forEach((one, at) => this.#instead(node, at + 1, one));
    return true;
  }

  /** Output `position` of a node by other operators, under the same name. */
  #instead(node: Node, position: number, made: Value): void {
    const { g } = this.values;
    const old = node.outputs[position];
    if (!old) return;
    const { name } = old;
    const same = g.reshape(made, dimsOf(old));
    g.graph.renameOutput(node, position, g.graph.fresh(name));
    g.graph.renameOutput(same.producer!, 0, name);
  }

  #reduction(node: Node): boolean {
    const [x] = node.inputs as [Value];
    const [y] = node.outputs as [Value];
    if (!this.values.isNative(x) || !this.values.fills(x) || x.type !== "float32") return false;
    if (!isStatic(y) || !this.#isInner(y)) return false;
    const made = reduced(this.values, node);
    if (!made) return false;
    this.values.g.graph.replaceUses(y, made);
    return true;
  }

  /** Channels of a blocked value put last, by a reshape to `[N, 1, C, H·W]` and an exchange. */
  #channelsLast(node: Node): boolean {
    const { values } = this;
    const [y] = node.outputs as [Value];
    const reshape = node.inputs[0]!.producer;
    const x = reshape?.opType === "Reshape" ? reshape.inputs[0]! : undefined;
    if (!x || !values.isNative(x) || !values.fills(x) || !this.#isInner(y)) return false;
    const [images, channels, ...places] = dimsOf(x) as [number, number, ...number[]];
    const isApart = sameShape(dimsOf(node.inputs[0]!), [images, 1, channels, sizeOf(places)]);
    if (!isApart || node.ints("perm")?.join() !== "0,1,3,2") return false;
    values.g.graph.replaceUses(y, values.g.reshape(values.channelsLast(x), dimsOf(y)));
    return true;
  }

  /** Whether all that an elementwise operator reads is blocked, or may be. */
  #elementwise(node: Node): boolean {
    const { values } = this;
    const output = node.outputs[0]!;
    if (!values.fills(output)) return false;
    const whole = node.inputs.filter((one): one is Value =>
      one !== undefined && sizeOf(dimsOf(one)) !== 1
    );
    const large = whole.filter((one) => sameShape(dimsOf(one), dimsOf(output)));
    const plain = large.filter((one) => !values.isNative(one));
    if (plain.length === large.length || plain.some((one) => one.type !== "float32")) return false;
    if (large.length < whole.length) return this.#byChannel(node);
    if (large.length === 2 && ["Add", "Sum"].includes(node.opType)) return this.#sum(node);
    if (node.opType === "Relu") {
      const pending = values.take(large[0]!);
      if (pending) values.set(output, pending({ activation: "Relu" }));
      if (pending) return true;
    }
    const inputs = node.inputs.map((one) => one && large.includes(one) ? values.of(one) : one);
    const attributes = Object.fromEntries(node.attributes);
    const [made] = values.g.graph.add(node.opType, inputs, { attributes }).outputs as [Value];
    made.type = output.type;
    made.shape = output.shape;
    values.set(output, made);
    return true;
  }

  /** A sum of two, taken by the operator that gives one of them. */
  #sum(node: Node): boolean {
    const { values } = this;
    const [a, b] = node.inputs as [Value, Value];
    const output = node.outputs[0]!;
    const first = a === b ? undefined : values.take(a);
    const second = first || a === b ? undefined : values.take(b);
    const pending = first ?? second;
    const other = first ? b : a;
    if (!pending) {
      values.set(output, values.g.op(node.opType, [a, b].map((one) => values.of(one)), dimsOf(a)));
    } else {
      values.defer(output, ({ activation, sum }) => {
        const made = pending({ sum: values.of(other), ...(!sum && { activation }) });
        if (!sum) return made;
        const both = values.g.add(made, sum);
        return activation ? values.g.unary(activation, both) : both;
      });
    }
    return true;
  }

  /** Products, sums and differences with a number for each channel. */
  #byChannel(node: Node): boolean {
    const { values } = this;
    const [a, b] = node.inputs as [Value, Value];
    const output = node.outputs[0]!;
    const isSwapped = !sameShape(dimsOf(a), dimsOf(output));
    const [x, vector] = isSwapped ? [b, a] : [a, b];
    const isKnown = ["Add", "Mul"].includes(node.opType) || node.opType === "Sub" && !isSwapped;
    if (!isKnown || x.type !== "float32" || !isByChannel(vector, x)) return false;
    const known = this.#centred.get(x);
    if (node.opType === "Sub" && known && rootOf(vector) === known.mean) {
      values.set(output, known.blocked);
      return true;
    }
    if (node.opType === "Mul") {
      const scaled = { blocked: values.of(x), scale: vector };
      this.#scaled.set(output, scaled);
      values.defer(output, affine(values, scaled.blocked, scaled));
      return true;
    }
    const bias = node.opType === "Sub" ? values.g.neg(vector) : vector;
    // A product that only this sum reads is not made: one pass multiplies and adds.
    const scaled = this.#scaled.get(x);
    const isTaken = scaled && sizeOf(dimsOf(scaled.scale)) === sizeOf(dimsOf(bias)) &&
      values.take(x);
    const numbers: Affine = isTaken ? { scale: scaled.scale, bias } : { bias };
    values.defer(output, affine(values, isTaken ? scaled.blocked : values.of(x), numbers));
    return true;
  }
}

function isStatic({ shape }: Value): boolean {
  return shape?.every((dim) => typeof dim === "number") ?? false;
}

/** What a value has the elements of, in whatever shape. */
function rootOf(value: Value): Value {
  const { producer } = value;
  return producer?.opType === "Reshape" && producer.domain === ""
    ? rootOf(producer.inputs[0]!)
    : value;
}
