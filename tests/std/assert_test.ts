import {
  assertAlmostEquals,
  assertEquals,
  assertInstanceOf,
  AssertionError,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";

Deno.test("assertEquals() compares in depth, by class, with -0 equal to 0", () => {
  assertEquals({ a: [1, new Map([["b", new Set([2])]])] }, {
    a: [1, new Map([["b", new Set([2])]])],
  });
  assertEquals(new Float32Array([0, NaN]), new Float32Array([-0, NaN]));
  assertNotEquals<unknown>(new Float32Array([1]), new Float64Array([1]));
  assertNotEquals<unknown>([1, undefined], [1]);
  assertNotEquals<unknown>(new Map([[1, 2]]), new Map([[1, 3]]));
  assertNotEquals<unknown>({ a: undefined }, {});
});

Deno.test("failing assertions throw AssertionError", async () => {
  assertThrows(() => assertEquals(1, 2), AssertionError, "not equal");
  assertThrows(() => assertAlmostEquals(1, 1.1, 0.01), AssertionError, "1.1");
  assertThrows(() => assertThrows(() => 0), AssertionError, "to throw");
  assertThrows(() =>
    assertThrows(() => {
      throw new RangeError("x");
    }, TypeError), AssertionError);
  await assertRejects(() => assertRejects(() => Promise.resolve()), AssertionError, "to reject");
  const error = assertThrows(() => new Array(-1), RangeError);
  assertInstanceOf(error, RangeError);
});
