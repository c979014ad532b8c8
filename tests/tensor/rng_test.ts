import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { permutation, type Rng, rng } from "../../src/tensor/rng.ts";

const draw = (random: Rng, count: number) => Array.from({ length: count }, () => random.bits());

Deno.test("rng() gives equal streams for equal paths and others for others", () => {
  const stream = draw(rng(1, "shuffle", 2), 8);
  assertEquals(draw(rng(1, "shuffle", 2), 8), stream);
  const others = [
    rng(2, "shuffle", 2),
    rng(1, "augment", 2),
    rng(1, "shuffle", 3),
    rng(1, "shuffle", 2, 0),
    rng("shuffle", 1, 2),
    rng(1.5, "shuffle", 2),
    rng(1 + 2 ** 32, "shuffle", 2),
    rng(-1, "shuffle", 2),
    rng(),
  ];
  for (const other of others) assertNotEquals(draw(other, 8), stream);
  assertNotEquals(draw(rng("a", "b"), 8), draw(rng("ab"), 8));
});

Deno.test("rng() keeps its stream from version to version", () => {
  assertEquals(draw(rng(0), 3), [628463688, 180057122, 180212476]);
});

Deno.test("fill() gives what bits() would, and the stream goes on after it", () => {
  const [one, other] = [rng(3, "fill"), rng(3, "fill")];
  const numbers = new Uint32Array(5);
  for (let time = 0; time < 2; time++) {
    one.fill(numbers);
    assertEquals([...numbers], draw(other, 5));
    assertEquals(one.bits(), other.bits());
  }
});

Deno.test("uniform() has the mean, the spread and the range of a uniform draw", () => {
  const random = rng(7);
  const values = Array.from({ length: 20000 }, () => random.uniform());
  assert(values.every((value) => value >= 0 && value < 1));
  const mean = values.reduce((a, b) => a + b) / values.length;
  assertAlmostEquals(mean, 0.5, 0.01);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  assertAlmostEquals(variance, 1 / 12, 0.003);
});

Deno.test("first draws of neighbouring paths are unrelated", () => {
  const firsts = Array.from({ length: 20000 }, (_, index) => rng(0, "augment", 0, index).uniform());
  const products = firsts.slice(1).map((value, i) => (value - 0.5) * (firsts[i]! - 0.5));
  assertAlmostEquals(firsts.reduce((a, b) => a + b) / firsts.length, 0.5, 0.01);
  assertAlmostEquals(products.reduce((a, b) => a + b) / products.length * 12, 0, 0.03);
});

Deno.test("normal() has mean 0, variance 1 and the fourth moment of a normal draw", () => {
  const random = rng(3);
  const values = Array.from({ length: 40000 }, () => random.normal());
  const moment = (power: number) =>
    values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  assertAlmostEquals(moment(1), 0, 0.02);
  assertAlmostEquals(moment(2), 1, 0.03);
  assertAlmostEquals(moment(4), 3, 0.25);
  assert(values.every(Number.isFinite));
});

Deno.test("integer() reaches every number below its bound about equally often", () => {
  const random = rng(5);
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 12000; i++) counts[random.integer(6)]!++;
  for (const count of counts) assert(Math.abs(count - 2000) < 200, `${counts}`);
});

Deno.test("permutation() holds every number once, in orders that are equally likely", () => {
  assertEquals([...permutation(50, rng(1))].sort((a, b) => a - b), [...Array(50).keys()]);
  assertEquals([...permutation(0, rng(1))], []);
  const random = rng(2);
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = permutation(3, random).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assertEquals(counts.size, 6);
  for (const count of counts.values()) assert(Math.abs(count - 1000) < 150);
});
