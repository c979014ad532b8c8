import type { Graph, Node, Value } from "../onnx/graph.ts";
import type { BuilderOptions } from "./builder_options.ts";
import type { DataType } from "../tensor/dtype.ts";
import { broadcastShapes, positiveAxis, sameShape, sizeOf } from "../tensor/shape.ts";
import { ONNX_TYPE_NUMBERS } from "../onnx/types.ts";
import { int64s, type Tensor, tensor } from "../tensor/tensor.ts";
import {
  type Attributes,
  bits,
  type Comparison,
  dimsOf,
  encode,
  type OutputInfo,
  summable,
  typeOf,
  type Unary,
} from "./values.ts";

export { type Attributes, type Comparison, dimsOf, type OutputInfo, typeOf, type Unary };

/**
 * Adds operators to a graph of static shapes, and reuses the node where the same operator was
 * already applied to the same inputs. Operators have the forms of opset 18.
 */
export class Builder {
  readonly #known = new Map<string, Node>();
  readonly #constants = new Map<string, Value>();
  /** A builder that adds to `graph`. */
  constructor(readonly graph: Graph, readonly options: BuilderOptions = {}) {}

  /** Applies any operator; the outputs' types and shapes are said by the caller. */
  apply(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    outputs: readonly OutputInfo[],
    domain = "",
  ): Value[] {
    const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
    const key = JSON.stringify([domain, opType, inputs.map((one) => one?.name), given]);
    let node = this.#known.get(key);
    if (!node) {
      const encoded = given.map(([name, value]) => [name, encode(value!)] as const);
      node = this.graph.add(opType, inputs, {
        outputs: outputs.length,
        attributes: Object.fromEntries(encoded),
        domain,
      });
      node.outputs.forEach((value, position) => {
        value!.type = outputs[position]!.type;
        value!.shape = outputs[position]!.shape;
      });
      this.#known.set(key, node);
    }
    return node.outputs as Value[];
  }

  /** Applies an operator of one output; its type is that of the first input unless said. */
  op(
    opType: string,
    inputs: readonly (Value | undefined)[],
    shape: readonly number[],
    attributes: Attributes = {},
    type: DataType = typeOf(inputs[0]!),
    domain = "",
  ): Value {
    return this.apply(opType, inputs, attributes, [{ type, shape }], domain)[0]!;
  }

  /** Output `position` of a node that is already there, asked for where it was left out. */
  output(node: Node, position: number, info: OutputInfo): Value {
    const value = this.graph.addOutput(node, position);
    value.type ??= info.type;
    value.shape ??= info.shape;
    return value;
  }

  /** A constant; equal small constants are made once. */
  constant(value: Tensor): Value {
    const key = value.data.length <= 64
      ? `${value.type}[${value.dims}]${Array.from(value.data as ArrayLike<number>, bits)}`
      : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known) return known;
    const made = this.graph.addConstant(this.graph.fresh("constant"), value);
    if (key !== undefined) this.#constants.set(key, made);
    return made;
  }

  /** A scalar of the same element type as `like`. */
  scalar(number: number, like: Value | DataType): Value {
    const type = typeof like === "string" ? like : typeOf(like);
    return this.constant(tensor(type, [], [number]));
  }

  /** A vector of int64. */
  integers(values: readonly number[]): Value {
    return this.constant(int64s(values));
  }

  /** A tensor full of `number`, without storing it. */
  full(shape: readonly number[], number: number, type: DataType): Value {
    return this.expand(this.scalar(number, type), shape);
  }

  /** `a + b`. */
  add(a: Value, b: Value): Value {
    return this.#broadcast("Add", a, b);
  }
  /** `a - b`. */
  sub(a: Value, b: Value): Value {
    return this.#broadcast("Sub", a, b);
  }
  /** `a · b`. */
  mul(a: Value, b: Value): Value {
    return this.#broadcast("Mul", a, b);
  }
  /** `a / b`. */
  div(a: Value, b: Value): Value {
    return this.#broadcast("Div", a, b);
  }
  /** `a` to the power `b`. */
  pow(a: Value, b: Value): Value {
    return this.#broadcast("Pow", a, b);
  }
  /** A comparison, element by element: bool. */
  compare(opType: Comparison, a: Value, b: Value): Value {
    return this.#broadcast(opType, a, b, "bool");
  }
  /** Where both are true. */
  and(a: Value, b: Value): Value {
    return this.#broadcast("And", a, b, "bool");
  }
  /** `a · number`. */
  scale(a: Value, number: number): Value {
    return number === 1 ? a : this.mul(a, this.scalar(number, a));
  }
  /** `a + number`. */
  shift(a: Value, number: number): Value {
    return number === 0 ? a : this.add(a, this.scalar(number, a));
  }
  /** An elementwise operator of one input and no attributes, such as `Exp`. */
  unary(opType: Unary, x: Value): Value {
    return this.op(opType, [x], dimsOf(x));
  }
  /** `-x`. */
  neg(x: Value): Value {
    return this.unary("Neg", x);
  }
  /** The sum of one or more values of one shape. */
  sum(values: readonly Value[]): Value {
    if (values.length === 1) return values[0]!;
    return this.op("Sum", values, dimsOf(values[0]!));
  }
  /** `a` where the condition is true, `b` elsewhere. */
  where(condition: Value, a: Value, b: Value): Value {
    const shape = broadcastShapes(dimsOf(condition), broadcastShapes(dimsOf(a), dimsOf(b)));
    return this.op("Where", [condition, a, b], shape, {}, typeOf(a));
  }
  /** The same numbers in another type. */
  cast(x: Value, type: DataType): Value {
    const to = ONNX_TYPE_NUMBERS[type];
    return typeOf(x) === type ? x : this.op("Cast", [x], dimsOf(x), { to }, type);
  }

  /**
   * A·B over the last two axes, either one transposed without a copy.
   * Batch axes broadcast; both need rank 2 or more.
   */
  matMul(a: Value, b: Value, transposed: { a?: boolean; b?: boolean; scale?: number } = {}): Value {
    const [left, right] = [dimsOf(a), dimsOf(b)];
    const rows = left.at(transposed.a ? -1 : -2)!;
    const columns = right.at(transposed.b ? -2 : -1)!;
    const shape = [...broadcastShapes(left.slice(0, -2), right.slice(0, -2)), rows, columns];
    const alpha = transposed.scale ?? 1;
    if (!transposed.a && !transposed.b && alpha === 1) return this.op("MatMul", [a, b], shape);
    const attributes = {
      transA: transposed.a ? 1 : undefined,
      transB: transposed.b ? 1 : undefined,
      alpha: alpha === 1 ? undefined : { float: alpha },
    };
    return this.op("FusedMatMul", [a, b], shape, attributes, typeOf(a), "com.microsoft");
  }
  /** A·B of two matrices by `Gemm`, either one transposed without a copy. */
  gemm(a: Value, b: Value, transposed: { a?: boolean; b?: boolean; scale?: number } = {}): Value {
    const shape = [dimsOf(a)[transposed.a ? 1 : 0]!, dimsOf(b)[transposed.b ? 0 : 1]!];
    return this.op("Gemm", [a, b], shape, {
      transA: transposed.a ? 1 : 0,
      transB: transposed.b ? 1 : 0,
      alpha: { float: transposed.scale ?? 1 },
    });
  }

  /** The same elements in another shape. */
  reshape(x: Value, shape: readonly number[]): Value {
    if (sameShape(dimsOf(x), shape)) return x;
    if (sizeOf(shape) !== sizeOf(dimsOf(x))) {
      throw new TypeError(`Cannot reshape "${x.name}" [${dimsOf(x)}] to [${shape}]`);
    }
    return this.op("Reshape", [x, this.integers(shape)], shape, {
      allowzero: shape.includes(0) ? 1 : undefined,
    });
  }
  /** Axes in another order. */
  transpose(x: Value, order: readonly number[]): Value {
    if (order.every((axis, position) => axis === position)) return x;
    return this.op("Transpose", [x], order.map((axis) => dimsOf(x)[axis]!), { perm: order });
  }
  /** The last two axes exchanged. */
  swapLast(x: Value): Value {
    const order = dimsOf(x).map((_, axis) => axis);
    order.splice(-2, 2, order.length - 1, order.length - 2);
    return this.transpose(x, order);
  }
  /** Repeated to a larger shape by broadcasting. */
  expand(x: Value, shape: readonly number[]): Value {
    if (sameShape(dimsOf(x), shape)) return x;
    return this.op("Expand", [x, this.integers(shape)], shape);
  }
  /** Sums over `axes`; they stay as size 1 unless `keep` is false. */
  reduceSum(x: Value, axes: readonly number[], keep = true): Value {
    return this.reduce("ReduceSum", x, axes, keep);
  }
  /** A reduction over `axes`; they stay as size 1 unless `keep` is false. */
  reduce(
    opType: "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceSumSquare",
    x: Value,
    axes: readonly number[],
    keep = true,
  ): Value {
    const shape = dimsOf(x);
    const reduced = axes.map((axis) => positiveAxis(axis, shape.length));
    const kept = shape.flatMap((dim, axis) => reduced.includes(axis) ? (keep ? [1] : []) : [dim]);
    const at = [x, this.integers(reduced)];
    return reduced.length === 0 ? x : this.op(opType, at, kept, { keepdims: keep ? 1 : 0 });
  }
  /** `x` summed over the axes that broadcasting stretched, back to `shape`. */
  sumTo(x: Value, shape: readonly number[]): Value {
    const from = dimsOf(x);
    const extra = from.length - shape.length;
    const axes = from.flatMap((dim, axis) =>
      axis < extra || dim !== shape[axis - extra] ? [axis] : []
    );
    return this.reshape(this.reduceSum(x, axes), shape);
  }
  /** One after the other along an axis. */
  concat(values: readonly Value[], axis: number): Value {
    if (values.length === 1) return values[0]!;
    const at = positiveAxis(axis, dimsOf(values[0]!).length);
    const shape = [...dimsOf(values[0]!)];
    shape[at] = values.reduce((total, value) => total + dimsOf(value)[at]!, 0);
    return this.op("Concat", values, shape, { axis: at });
  }
  /** Elements `start`, `start + step`, … before `end` of each of `axes`; a negative step runs backwards. */
  slice(
    x: Value,
    axes: readonly number[],
    starts: readonly number[],
    ends: readonly number[],
    steps: readonly number[] = axes.map(() => 1),
  ): Value {
    const shape = [...dimsOf(x)];
    axes.forEach((axis, i) => {
      shape[axis] = Math.max(0, Math.ceil((ends[i]! - starts[i]!) / steps[i]!));
    });
    if (sameShape(shape, dimsOf(x)) && steps.every((step) => step === 1)) return x;
    // One below the first element is written as the most negative end there is.
    const written = ends.map((end) => end < 0 ? -2147483648 : end);
    const inputs = [starts, written, axes, steps].map((list) => this.integers(list));
    return this.op("Slice", [x, ...inputs], shape);
  }
  /** Zeros before and after each axis; a negative count removes elements instead. */
  pad(x: Value, before: readonly number[], after: readonly number[]): Value {
    if ([...before, ...after].every((count) => count === 0)) return x;
    const shape = dimsOf(x).map((dim, axis) => dim + before[axis]! + after[axis]!);
    return this.op("Pad", [x, this.integers([...before, ...after]), this.scalar(0, x)], shape);
  }
  /** `x[indices]` along an axis. */
  gather(x: Value, indices: Value, axis: number): Value {
    const shape = [...dimsOf(x).slice(0, axis), ...dimsOf(indices), ...dimsOf(x).slice(axis + 1)];
    return this.op("Gather", [x, indices], shape, { axis });
  }
  /** `base` with `updates` added at `indices` along `axis`; repeated positions add up. */
  scatterAdd(base: Value, indices: Value, updates: Value, axis: number): Value {
    const inputs = [base, indices, updates].map((one) => this.cast(one, summable(typeOf(one))));
    const sums = this.op("ScatterElements", inputs, dimsOf(base), { axis, reduction: "add" });
    return this.cast(sums, typeOf(base));
  }
  /** Softmax along an axis. */
  softmax(x: Value, axis: number): Value {
    return this.op("Softmax", [x], dimsOf(x), { axis });
  }
  /** The logarithm of softmax along an axis. */
  logSoftmax(x: Value, axis: number): Value {
    return this.op("LogSoftmax", [x], dimsOf(x), { axis });
  }
  #broadcast(opType: string, a: Value, b: Value, type: DataType = typeOf(a)): Value {
    return this.op(opType, [a, b], broadcastShapes(dimsOf(a), dimsOf(b)), {}, type);
  }
}
