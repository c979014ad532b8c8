import { assertEquals, assertThrows } from "@std/assert";
import {
  broadcastShapes,
  positiveAxis,
  sameShape,
  sizeOf,
  stridesOf,
} from "../../src/tensor/shape.ts";

Deno.test("sizeOf() multiplies; a scalar has one element, an empty axis none", () => {
  assertEquals([[2, 3, 4], [], [5, 0]].map(sizeOf), [24, 1, 0]);
});

Deno.test("stridesOf() is row-major", () => {
  assertEquals(stridesOf([2, 3, 4]), [12, 4, 1]);
  assertEquals(stridesOf([]), []);
});

Deno.test("sameShape() compares rank and dimensions", () => {
  assertEquals(sameShape([1, 2], [1, 2]), true);
  assertEquals(sameShape([1, 2], [2, 1]), false);
  assertEquals(sameShape([1, 2], [1, 2, 1]), false);
});

Deno.test("positiveAxis() counts from the back and refuses what is outside", () => {
  assertEquals([positiveAxis(-1, 3), positiveAxis(2, 3), positiveAxis(-3, 3)], [2, 2, 0]);
  assertThrows(() => positiveAxis(3, 3), RangeError, "Axis 3 does not exist");
  assertThrows(() => positiveAxis(-4, 3), RangeError, "Axis -4 does not exist");
});

const broadcasts: [number[], number[], number[]][] = [
  [[2, 3], [2, 3], [2, 3]],
  [[2, 3], [3], [2, 3]],
  [[2, 1], [1, 3], [2, 3]],
  [[], [4], [4]],
  [[1], [0], [0]],
  [[5, 1, 4], [3, 1], [5, 3, 4]],
];
for (const [a, b, result] of broadcasts) {
  Deno.test(`broadcastShapes() of [${a}] and [${b}] is [${result}], either way`, () => {
    assertEquals(broadcastShapes(a, b), result);
    assertEquals(broadcastShapes(b, a), result);
  });
}

Deno.test("broadcastShapes() refuses shapes that do not fit", () => {
  assertThrows(() => broadcastShapes([2, 3], [2]), RangeError, "do not broadcast");
});
