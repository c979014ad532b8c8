import { assertAlmostEquals, assertEquals } from "@std/assert";
import { clipScratch, UnitClip, type Units } from "../../src/artifacts/update/unit_clip.ts";
import { hashed } from "../autodiff/golden_numbers.ts";

/** Gradients clipped unit by unit, in float64. */
function expected(
  weights: Float32Array,
  gradients: Float32Array,
  { outer, units, inner }: Units,
  limit: number,
): number[] {
  const unitOf = (at: number) => Math.floor(at / inner) % units;
  const length = (values: Float32Array, unit: number) =>
    Math.hypot(...values.filter((_, at) => unitOf(at) === unit));
  return Array.from({ length: outer * units * inner }, (_, at) => {
    const most = limit * Math.max(length(weights, unitOf(at)), 1e-3);
    const now = length(gradients, unitOf(at));
    return now < most ? gradients[at]! : gradients[at]! * most / Math.max(now, 1e-6);
  });
}

for (
  const [what, units] of [
    ["rows", { outer: 1, units: 5, inner: 9 }],
    ["columns", { outer: 6, units: 7, inner: 1 }],
    ["an axis in the middle", { outer: 3, units: 4, inner: 5 }],
    ["a whole vector", { outer: 1, units: 1, inner: 7 }],
  ] as const
) {
  Deno.test(`adaptive clipping shortens the gradients of ${what} that are too long`, () => {
    const size = units.outer * units.units * units.inner;
    const memory = new WebAssembly.Memory({ initial: 1 });
    const array = (at: number, length: number) =>
      new Float32Array(memory.buffer, 4096 * at, length);
    const [weights, gradients] = [array(0, size), array(1, size)];
    weights.set(hashed("w", size));
    // Units of very different lengths, some of which are short enough.
    gradients.set(hashed("g", size).map((x, at) => x * 10 ** (-(at % 3))));
    const wanted = expected(weights, gradients, units, 0.2);
    const before = weights.slice();
    new UnitClip(memory, 0.2).run(weights, gradients, units, array(2, clipScratch(units)));
    gradients.forEach((found, at) => assertAlmostEquals(found, wanted[at]!, 1e-6));
    assertEquals(weights.slice(), before);
    assertEquals(array(1, size + 8).slice(size), new Float32Array(8));
  });
}
