import { type Code, get, instruction, type Local, sequence, set } from "./code.ts";
import { fourLanes, simd } from "./lanes.ts";
import type { FunctionBuilder } from "./module.ts";
import { F64, F64X2, SIMD, V128 } from "./opcodes.ts";

/**
 * A sum of squares of float32 numbers in float64: no overflow, and NaN or infinite exactly where a
 * number is. Four sums take four numbers a turn, a fifth takes what four does not divide.
 */
export class SquareSum {
  readonly #low: Local<"v128">;
  readonly #high: Local<"v128">;
  readonly #pairs: Local<"v128">;
  readonly #rest: Local<"f64">;
  readonly #kept: Local<"f64">;

  /** Declares locals, which start at 0. */
  constructor(builder: FunctionBuilder) {
    this.#low = builder.local("v128");
    this.#high = builder.local("v128");
    this.#pairs = builder.local("v128");
    this.#rest = builder.local("f64");
    this.#kept = builder.local("f64");
  }

  /** Starts again from 0. */
  reset(): Code<"none"> {
    const zero = instruction("f64", [], [F64.const, ...new Array(8).fill(0)]);
    return sequence([
      set(this.#low, fourLanes.constant(0)),
      set(this.#high, fourLanes.constant(0)),
      set(this.#rest, zero),
    ]);
  }

  /** Takes four numbers. */
  addFour(values: Local<"v128">): Code<"none"> {
    return sequence([
      addSquare(this.#low, promoteLow(get(values))),
      addSquare(this.#high, promoteLow(upperHalf(get(values)))),
    ]);
  }

  /** Takes one number. */
  addOne(value: Code<"f32">): Code<"none"> {
    const square = instruction("f64", [get(this.#kept), get(this.#kept)], [F64.multiply]);
    return sequence([
      set(this.#kept, instruction("f64", [value], [F64.promoteF32])),
      set(this.#rest, plus(get(this.#rest), square)),
    ]);
  }

  /** Adds the five sums up; `value` may be read afterwards. */
  finish(): Code<"none"> {
    return set(this.#pairs, simd([get(this.#low), get(this.#high)], F64X2.add));
  }

  /** The sum, after `finish`. */
  get value(): Code<"f64"> {
    return plus(get(this.#rest), plus(lane(this.#pairs, 0), lane(this.#pairs, 1)));
  }
}

function addSquare(sum: Local<"v128">, value: Code<"v128">): Code<"none"> {
  return set(sum, simd([get(sum), simd([value, value], F64X2.multiply)], F64X2.add));
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
