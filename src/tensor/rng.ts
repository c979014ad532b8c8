/** A stream of pseudo-random numbers that depends on nothing but its seeds. */
export interface Rng {
  /** A number in [0, 1), of 32 random bits. */
  uniform(): number;
  /** An integer in [0, 2^32). */
  bits(): number;
  /** Fills an array with what `bits` would give, one number after the other, much faster. */
  fill(numbers: Uint32Array): void;
  /** An integer in [0, `below`), `below` up to 2^32. */
  integer(below: number): number;
  /** A draw from the standard normal distribution (Box-Muller). */
  normal(): number;
}

/**
 * A random stream for a path of integers and names, such as `rng(seed, "shuffle", epoch)`: equal
 * paths give equal streams, different paths unrelated ones, so that any point of a run can be
 * drawn again without replaying what came before. sfc32 (Chris Doty-Humphrey, PractRand).
 *
 * @example
 * ```ts
 * import { assertEquals, assertNotEquals } from "@std/assert";
 * import { rng } from "@graft/graft";
 *
 * const draw = (epoch: number) => rng(42, "shuffle", epoch).uniform();
 * assertEquals(draw(1), draw(1));
 * assertNotEquals(draw(1), draw(2));
 * ```
 */
export function rng(...path: readonly (number | string)[]): Rng {
  let [a, b, c, counter] = mix(path);
  const bits = () => {
    const sum = (a + b | 0) + counter | 0;
    counter = counter + 1 | 0;
    a = b ^ b >>> 9;
    b = c + (c << 3) | 0;
    c = (c << 21 | c >>> 11) + sum | 0;
    return sum >>> 0;
  };
  // The same with variables of its own, which the compiler keeps in registers.
  const fill = (numbers: Uint32Array) => {
    let [p, q, r, count] = [a, b, c, counter];
    for (let i = 0; i < numbers.length; i++) {
      const sum = (p + q | 0) + count | 0;
      count = count + 1 | 0;
      p = q ^ q >>> 9;
      q = r + (r << 3) | 0;
      r = (r << 21 | r >>> 11) + sum | 0;
      numbers[i] = sum;
    }
    [a, b, c, counter] = [p, q, r, count];
  };
  for (let i = 0; i < 12; i++) bits();
  const uniform = () => bits() / 4294967296;
  return {
    bits,
    fill,
    uniform,
    integer: (below) => Math.floor(uniform() * below),
    normal: () =>
      Math.sqrt(-2 * Math.log(1 - uniform())) *
      Math.cos(2 * Math.PI * uniform()),
  };
}

/** The numbers 0 to `length - 1` in random order (Fisher-Yates). */
export function permutation(length: number, random: Rng): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    const kept = order[last]!;
    order[last] = order[other]!;
    order[other] = kept;
  }
  return order;
}

/** Four 32-bit words from a path, by MurmurHash3's mixing steps (Austin Appleby, public domain). */
function mix(
  path: readonly (number | string)[],
): [number, number, number, number] {
  const words: number[] = [];
  for (const part of path) {
    if (typeof part === "string") {
      words.push(
        -1 - part.length,
        ...Array.from(part, (letter) => letter.codePointAt(0)!),
      );
    } else {words.push(
        part | 0,
        Math.floor(part / 4294967296) | 0,
        fraction(part),
      );}
  }
  return [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x71374491].map((start) => {
    let hash = start | 0;
    for (const word of words) {
      let k = Math.imul(word, 0xcc9e2d51 | 0);
      k = Math.imul(k << 15 | k >>> 17, 0x1b873593);
      hash ^= k;
      hash = Math.imul(hash << 13 | hash >>> 19, 5) + 0xe6546b64 | 0;
    }
    hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b | 0);
    hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35 | 0);
    return hash ^ hash >>> 16;
  }) as [number, number, number, number];
}

function fraction(part: number): number {
  return Math.floor((part - Math.floor(part)) * 4294967296) | 0;
}
