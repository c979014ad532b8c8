import { LOCAL_GET, LOCAL_SET } from "./opcodes.ts";

/** Types of WebAssembly values. */
export type ValueType = "i32" | "f32" | "f64" | "v128";

/** Bytes of a binary, in order. */
export type Bytes = readonly number[];

/**
 * Instructions that leave one value of type `T` on the stack, or none where `T` is `"none"`. The
 * type parameter keeps operands of the wrong type from compiling.
 */
export interface Code<T extends ValueType | "none"> {
  /** What is left on the stack. */
  readonly type: T;
  /** The instructions, encoded. */
  readonly bytes: Bytes;
}

/** A parameter or local variable of a function. */
export interface Local<T extends ValueType> {
  /** Its type. */
  readonly type: T;
  /** Its number in the function: parameters first. */
  readonly index: number;
}

/** An instruction after its operands. */
export function instruction<T extends ValueType | "none">(
  type: T,
  operands: readonly Code<ValueType>[],
  bytes: Bytes,
): Code<T> {
  return { type, bytes: [...operands.flatMap((operand) => operand.bytes), ...bytes] };
}

/** The value of a local. */
export function get<T extends ValueType>(local: Local<T>): Code<T> {
  return { type: local.type, bytes: [LOCAL_GET, ...unsigned(local.index)] };
}

/** Puts a value into a local. */
export function set<T extends ValueType>(local: Local<T>, value: Code<T>): Code<"none"> {
  return instruction("none", [value], [LOCAL_SET, ...unsigned(local.index)]);
}

/** Statements one after another. */
export function sequence(statements: readonly Code<"none">[]): Code<"none"> {
  return { type: "none", bytes: statements.flatMap((statement) => statement.bytes) };
}

/** An unsigned integer in LEB128, seven bits a byte, lowest first. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push(value % 128 | 0x80);
  return [...bytes, value];
}

/** A signed 32-bit integer in LEB128. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (; value < -64 || value > 63; value >>= 7) bytes.push(value & 0x7f | 0x80);
  return [...bytes, value & 0x7f];
}

/** The four bytes of a float32. */
export function float32Bytes(value: number): number[] {
  return [...new Uint8Array(Float32Array.of(value).buffer)];
}
