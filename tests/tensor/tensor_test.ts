import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { arrayConstructor, bytesPerElement, isDataType, isFloat } from "../../src/tensor/dtype.ts";
import { int64s, tensor, toNumbers } from "../../src/tensor/tensor.ts";

Deno.test("tensor() wraps its data, makes arrays of numbers, and zeros", () => {
  const data = Float32Array.of(1, 2);
  assertStrictEquals(tensor("float32", [2], data).data, data);
  assertEquals(tensor("uint8", [2], [1, 255]).data, Uint8Array.of(1, 255));
  assertEquals(tensor("int64", [1], [-5]).data, BigInt64Array.of(-5n));
  assertEquals(tensor("uint64", [1], [5]).data, BigUint64Array.of(5n));
  assertEquals(tensor("float64", [2, 2]).data, new Float64Array(4));
  assertEquals(tensor("float32", []).data.length, 1);
});

Deno.test("tensor() refuses data of another length", () => {
  assertThrows(
    () => tensor("float32", [2, 2], [1, 2, 3]),
    RangeError,
    "shape [2,2] has 4 elements, found 3",
  );
});

Deno.test("int64s() and toNumbers() are each other's inverse", () => {
  const numbers = [1, -2, 2 ** 40];
  assertEquals(int64s(numbers).dims, [3]);
  assertEquals(toNumbers(int64s(numbers)), numbers);
  assertEquals(int64s([7], []).dims, []);
});

Deno.test("tensor() rounds numbers to 16 bits, and toNumbers() reads them", () => {
  const numbers = [0, 1, -2.5, 65504, 1 + 2 ** -11, 1 + 3 * 2 ** -11, Infinity];
  const half = tensor("float16", [7], numbers);
  assertEquals([...half.data], [0, 0x3c00, 0xc100, 0x7bff, 0x3c00, 0x3c02, 0x7c00]);
  assertEquals(toNumbers(half), [0, 1, -2.5, 65504, 1, 1 + 2 ** -9, Infinity]);
  const brain = tensor("bfloat16", [4], [1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -Infinity]);
  assertEquals([...brain.data], [0x3f80, 0x3f80, 0x3f82, 0xff80]);
  assertEquals(toNumbers(brain), [1, 1, 1 + 2 ** -6, -Infinity]);
  assertEquals(toNumbers(tensor("bfloat16", [1], [NaN])), [NaN]);
});

Deno.test("element types have their arrays and sizes", () => {
  assertStrictEquals(arrayConstructor("bfloat16"), Uint16Array);
  assertEquals([bytesPerElement("int64"), bytesPerElement("bool")], [8, 1]);
  assertEquals([isDataType("float16"), isDataType("string"), isDataType("toString")], [
    true,
    false,
    false,
  ]);
  assertEquals([isFloat("bfloat16"), isFloat("int8")], [true, false]);
});
