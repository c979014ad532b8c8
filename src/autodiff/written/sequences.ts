import type { Value } from "../../onnx/graph.ts";
import { positiveAxis } from "../../tensor/shape.ts";
import { dimsOf, typeOf } from "../builder.ts";
import { numbersOf } from "../constant.ts";
import { fourier } from "../fourier.ts";
import type { WriteOut } from "./written.ts";

/** Products of all elements up to each along an axis, one after the other: exact at zeros too. */
export const cumProd: WriteOut = (g, node) => {
  const [x] = node.inputs as [Value];
  const shape = dimsOf(x);
  const axis = positiveAxis(numbersOf(node.inputs[1]!, node)[0]!, shape.length);
  const isReverse = node.int("reverse", 0) === 1;
  const size = shape[axis]!;
  const parts = new Array<Value>(size);
  let product: Value | undefined;
  for (let i = 0; i < size; i++) {
    const at = isReverse ? size - 1 - i : i;
    const element = g.slice(x, [axis], [at], [at + 1]);
    const next = product ? g.mul(product, element) : element;
    parts[at] = node.int("exclusive", 0) === 0
      ? next
      : product ?? g.full(dimsOf(element), 1, typeOf(x));
    product = next;
  }
  return [g.concat(parts, axis)];
};

/** Fourier transforms of windows along a signal `[B, length]` or `[B, length, 1 or 2]`: `[B, frames, bins, 2]`. */
export const shortTimeFourier: WriteOut = (g, node) => {
  const [signal, step, window, length] = node.inputs as [Value, Value, Value?, Value?];
  const [batch, samples, parts = 1] = dimsOf(signal) as [number, number, number?];
  const size = length ? numbersOf(length, node)[0]! : dimsOf(window!)[0]!;
  const [stride] = numbersOf(step, node) as [number];
  const frames = Math.floor((samples - size) / stride) + 1;
  const places = Array.from(
    { length: frames * size },
    (_, i) => Math.floor(i / size) * stride + i % size,
  );
  const cut = g.reshape(g.gather(signal, g.integers(places), 1), [batch, frames, size, parts]);
  const weighted = window ? g.mul(cut, g.reshape(window, [1, 1, size, 1])) : cut;
  const isOnesided = node.int("onesided", 1) === 1 && parts === 1;
  return [fourier(g, weighted, 2, { isInverse: false, isOnesided })];
};
