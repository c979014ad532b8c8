import type { Rng } from "../../tensor/rng.ts";

/**
 * Items in a random order, as far as a buffer of `size` reaches: each one taken from the buffer at
 * random makes room for the next (as TensorFlow's `Dataset.shuffle`).
 */
export async function* shuffleBuffer<Item>(
  items: AsyncIterable<Item>,
  size: number,
  random: Rng,
): AsyncGenerator<Item> {
  const buffer: Item[] = [];
  for await (const item of items) {
    if (buffer.length < size) {
      buffer.push(item);
      continue;
    }
    const place = random.integer(size);
    yield buffer[place]!;
    buffer[place] = item;
  }
  while (buffer.length > 0) {
    const place = random.integer(buffer.length);
    const last = buffer.pop()!;
    if (place === buffer.length) yield last;
    else {
      yield buffer[place]!;
      buffer[place] = last;
    }
  }
}
