import { checkRange } from "./check_range.ts";
import { element, multiply, scalar } from "./expression.ts";
import { renderWasm } from "./render_wasm.ts";
import { type Code, get, instruction, type Local, sequence, set } from "./wasm/code.ts";
import { walk } from "./wasm/control.ts";
import { fourLanes, oneLane, simd } from "./wasm/lanes.ts";
import { FunctionBuilder, instantiate } from "./wasm/module.ts";
import { F64, F64X2, SIMD, V128 } from "./wasm/opcodes.ts";

/** Passes over float32 arrays in one memory, for clipping gradients by their norm. */
export interface GradientNorm {
  /**
   * The sum of the squares of `count` elements at byte `offset`, added up in float64: no overflow,
   * and NaN or infinite exactly where an element is.
   */
  sumOfSquares(offset: number, count: number): number;
  /** Multiplies `count` elements at byte `offset` by `factor`, in place. */
  scale(offset: number, count: number, factor: number): void;
}

/** Compiles the passes for `memory`. */
export function compileGradientNorm(memory: WebAssembly.Memory): GradientNorm {
  const scaling = {
    name: "scale",
    buffers: ["values"],
    scalars: ["factor"],
    writes: new Map([["values", multiply(element("values"), scalar("factor"))]]),
  };
  const passes = instantiate([sumOfSquares(), renderWasm(scaling)], memory);
  return {
    sumOfSquares(offset, count) {
      checkRange(memory, "values", offset, count);
      return passes.sumOfSquares!(count, offset);
    },
    scale(offset, count, factor) {
      checkRange(memory, "values", offset, count);
      passes.scale!(count, offset, factor);
    },
  };
}

/** `(count, address) → Σ x²`, in four float64 sums, then one more for what four does not divide. */
function sumOfSquares(): FunctionBuilder {
  const builder = new FunctionBuilder("sumOfSquares");
  const remaining = builder.parameter("i32");
  const address = builder.parameter("i32");
  const [values, low, high] = [builder.local("v128"), builder.local("v128"), builder.local("v128")];
  const rest = builder.local("f64");
  const four = sequence([
    set(values, fourLanes.load(get(address), 0)),
    addSquare(low, promoteLow(get(values))),
    addSquare(high, promoteLow(upperHalf(get(values)))),
  ]);
  const wide = instruction("f64", [oneLane.load(get(address), 0)], [F64.promoteF32]);
  const one = sequence([addSquareOf(rest, wide, builder.local("f64"))]);
  const pairs = builder.local("v128");
  return builder.body(
    sequence([
      walk(remaining, [address], 4, four),
      walk(remaining, [address], 1, one),
      set(pairs, simd([get(low), get(high)], F64X2.add)),
    ]),
    plus(get(rest), plus(lane(pairs, 0), lane(pairs, 1))),
  );
}

function addSquare(sum: Local<"v128">, value: Code<"v128">): Code<"none"> {
  return set(sum, simd([get(sum), simd([value, value], F64X2.multiply)], F64X2.add));
}

function addSquareOf(
  sum: Local<"f64">,
  value: Code<"f64">,
  kept: Local<"f64">,
): Code<"none"> {
  const square = instruction("f64", [get(kept), get(kept)], [F64.multiply]);
  return sequence([set(kept, value), set(sum, plus(get(sum), square))]);
}

function promoteLow(value: Code<"v128">): Code<"v128"> {
  return simd([value], F64X2.promoteLow);
}

function upperHalf(value: Code<"v128">): Code<"v128"> {
  const bytes = Array.from({ length: 16 }, (_, byte) => (byte + 8) % 16);
  return simd([value, value], V128.shuffle, bytes);
}

function lane(value: Local<"v128">, index: number): Code<"f64"> {
  return instruction("f64", [get(value)], [SIMD, F64X2.extractLane, index]);
}

function plus(left: Code<"f64">, right: Code<"f64">): Code<"f64"> {
  return instruction("f64", [left, right], [F64.add]);
}
