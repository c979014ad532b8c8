import { assert, assertEquals } from "@std/assert";
import {
  CAPTIONS,
  captionsOf,
  HELD_OUT,
  SEEN,
  shapes,
  tokensOf,
} from "../../examples/clip/shapes.ts";

Deno.test("the captions held out have every colour and every shape once", () => {
  const words = captionsOf(HELD_OUT).map((caption) => caption.split(" "));
  assertEquals(new Set(words.map(([colour]) => colour)).size, 4);
  assertEquals(new Set(words.map(([, shape]) => shape)).size, 4);
  assertEquals([...SEEN, ...HELD_OUT].sort((a, b) => a - b), [...CAPTIONS.keys()]);
});

Deno.test("drawn shapes come with their captions, the same for a seed", async () => {
  const options = { labels: [2, 5], perClass: 2, seed: 3, captions: true };
  const data = shapes(options);
  assertEquals([data.length, data.classes], [4, [CAPTIONS[2]!, CAPTIONS[5]!]]);
  const [first, second] = [await data.get(0), await data.get(1)];
  assertEquals([first!.target, second!.target], [0, 1]);
  const ids = tokensOf([2, 5]).input_ids!.data as BigInt64Array<ArrayBuffer>;
  assertEquals(first!.inputs!.input_ids!.data, ids.subarray(0, 3));
  assertEquals(second!.inputs!.input_ids!.data, ids.subarray(3));
  assertEquals((await shapes(options).get(1))!.image, second!.image);
  const other = await shapes({ ...options, seed: 4 }).get(1);
  assert(other!.image!.data.some((one, i) => one !== second!.image!.data[i]));
});
