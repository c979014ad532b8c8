import type { BinaryOperator, UnaryOperator } from "../expression.ts";
import { type Code, float32Bytes, instruction, unsigned } from "./code.ts";
import { F32, F32X4, SIMD, V128 } from "./opcodes.ts";

/** float32 arithmetic on one or four elements at a time. */
export interface Lanes<T extends "f32" | "v128"> {
  /** Type of a value. */
  readonly type: T;
  /** Elements in a value. */
  readonly width: number;
  /** The elements `offset` bytes after the address. */
  load(address: Code<"i32">, offset: number): Code<T>;
  /** Writes elements `offset` bytes after the address. */
  store(address: Code<"i32">, value: Code<T>, offset: number): Code<"none">;
  /** `value` in every lane. */
  constant(value: number): Code<T>;
  /** A scalar in every lane. */
  fromScalar(value: Code<"f32">): Code<T>;
  /** Applies an operator of one operand. */
  unary(operator: UnaryOperator, operand: Code<T>): Code<T>;
  /** Applies an operator of two operands. */
  binary(operator: BinaryOperator, left: Code<T>, right: Code<T>): Code<T>;
}

/** log2 of the alignment every address has. */
const ALIGNMENT = 2;

/** One float32 at a time. */
export const oneLane: Lanes<"f32"> = {
  type: "f32",
  width: 1,
  load: (address, offset) =>
    instruction("f32", [address], [F32.load, ALIGNMENT, ...unsigned(offset)]),
  store: (address, value, offset) =>
    instruction("none", [address, value], [F32.store, ALIGNMENT, ...unsigned(offset)]),
  constant: (value) => ({ type: "f32", bytes: [F32.const, ...float32Bytes(value)] }),
  fromScalar: (value) => value,
  unary: (operator, operand) => instruction("f32", [operand], [F32[operator]]),
  binary: (operator, left, right) => instruction("f32", [left, right], [F32[operator]]),
};

/** Four float32 at a time. */
export const fourLanes: Lanes<"v128"> = {
  type: "v128",
  width: 4,
  load: (address, offset) => simd([address], V128.load, [ALIGNMENT, ...unsigned(offset)]),
  store: (address, value, offset) =>
    instruction("none", [address, value], [SIMD, V128.store, ALIGNMENT, ...unsigned(offset)]),
  constant: (value) => simd([], V128.const, Array(4).fill(float32Bytes(value)).flat()),
  fromScalar: (value) => simd([value], F32X4.splat),
  unary: (operator, operand) => simd([operand], F32X4[operator]),
  binary: (operator, left, right) => simd([left, right], F32X4[operator]),
};

/** A SIMD instruction that leaves a v128. */
export function simd(
  operands: readonly Code<"v128" | "f32" | "i32">[],
  opcode: number,
  immediates: readonly number[] = [],
): Code<"v128"> {
  return instruction("v128", operands, [SIMD, ...unsigned(opcode), ...immediates]);
}
