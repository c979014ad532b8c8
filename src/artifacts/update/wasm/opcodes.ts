/** Numbers of the WebAssembly 2.0 binary format, by the names of the specification. */
export const BLOCK = 0x02;
/** Opens a loop; a branch to it starts the next turn. */
export const LOOP = 0x03;
/** Closes a block, loop or function. */
export const END = 0x0b;
/** Branches. */
export const BR = 0x0c;
/** Branches where the operand is not 0. */
export const BR_IF = 0x0d;
/** A block that takes and leaves nothing. */
export const EMPTY_BLOCK = 0x40;
/** Reads a local. */
export const LOCAL_GET = 0x20;
/** Writes a local. */
export const LOCAL_SET = 0x21;

/** Prefix of the 128-bit SIMD instructions. */
export const SIMD = 0xfd;

/** Codes of the value types. */
export const VALUE_TYPES = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;

/** One-byte instructions on i32. */
export const I32 = { const: 0x41, eqz: 0x45, geU: 0x4f, add: 0x6a, sub: 0x6b } as const;

/** One-byte instructions on f32. */
export const F32 = {
  load: 0x2a,
  store: 0x38,
  const: 0x43,
  absolute: 0x8b,
  negate: 0x8c,
  squareRoot: 0x91,
  add: 0x92,
  subtract: 0x93,
  multiply: 0x94,
  divide: 0x95,
  minimum: 0x96,
  maximum: 0x97,
} as const;

/** One-byte instructions on f64. */
export const F64 = {
  const: 0x44,
  add: 0xa0,
  multiply: 0xa2,
  demote: 0xb6,
  promoteF32: 0xbb,
} as const;

/** Instructions on v128 that take all 128 bits together. */
export const V128 = { load: 0x00, store: 0x0b, const: 0x0c, shuffle: 0x0d } as const;

/** Instructions on v128 as four f32. */
export const F32X4 = {
  splat: 0x13,
  absolute: 0xe0,
  negate: 0xe1,
  squareRoot: 0xe3,
  add: 0xe4,
  subtract: 0xe5,
  multiply: 0xe6,
  divide: 0xe7,
  minimum: 0xe8,
  maximum: 0xe9,
} as const;

/** Instructions on v128 as two f64. */
export const F64X2 = { extractLane: 0x21, promoteLow: 0x5f, add: 0xf0, multiply: 0xf2 } as const;
