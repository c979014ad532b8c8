import { type Code, get, instruction, type Local, sequence, set, signed } from "./code.ts";
import { BLOCK, BR, BR_IF, EMPTY_BLOCK, END, I32, LOOP } from "./opcodes.ts";

/** A 32-bit integer constant. */
export function integer(value: number): Code<"i32"> {
  return { type: "i32", bytes: [I32.const, ...signed(value)] };
}

/** Adds a constant to a local, modulo 2^32. */
export function advance(local: Local<"i32">, by: number): Code<"none"> {
  return set(local, instruction("i32", [get(local), integer(by)], [I32.add]));
}

/** Repeats `body` for as long as `condition` is not 0, testing before each turn. */
export function whileLoop(condition: Code<"i32">, body: Code<"none">): Code<"none"> {
  const leave = [...instruction("i32", [condition], [I32.eqz]).bytes, BR_IF, 1];
  const turn = [...leave, ...body.bytes, BR, 0];
  return {
    type: "none",
    bytes: [BLOCK, EMPTY_BLOCK, LOOP, EMPTY_BLOCK, ...turn, END, END],
  };
}

/**
 * Walks the arrays at `addresses` together, `width` float32 elements a turn, for as long as
 * `remaining` (unsigned) holds that many. Counting elements, not comparing addresses, lets an
 * array end at the last byte of a 4 GiB memory.
 */
export function walk(
  remaining: Local<"i32">,
  addresses: readonly Local<"i32">[],
  width: number,
  body: Code<"none">,
): Code<"none"> {
  const enough = instruction("i32", [get(remaining), integer(width)], [I32.geU]);
  const steps = addresses.map((address) => advance(address, 4 * width));
  return whileLoop(enough, sequence([body, ...steps, advance(remaining, -width)]));
}
