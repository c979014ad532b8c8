import { assert, assertEquals, assertThrows } from "@std/assert";
import { clipImage, clipText } from "../../models/clip.ts";
import { textEncoder } from "../../models/text_encoder.ts";
import { tower, twoTowers } from "../../models/two_towers.ts";
import { arrays } from "../../src/data/arrays.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { extractFeatures } from "../../src/train/extract_features.ts";

const sizes = { vocabulary: 20, hidden: 8, heads: 2, maxPositions: 6 };

function rows(ids: readonly (readonly number[])[]) {
  const numbers = (of: (id: number) => number) =>
    tensor("int64", [ids.length, 6], ids.flatMap((row) => row.map(of)));
  return arrays({
    inputs: { input_ids: numbers((id) => id), attention_mask: numbers((id) => id === 0 ? 0 : 1) },
  });
}

Deno.test("textEncoder() does not see what fills a text up, and its words share the embeddings", async () => {
  const model = textEncoder({ ...sizes, words: true });
  assertEquals(model.outputs.map(({ name, shape }) => [name, shape]), [
    ["classifier", ["batch", 2]],
    ["words", ["batch", 20, "sequence"]],
  ]);
  assertEquals(model.parameters.get("embeddings.words.weight")!.shape, [20, 8]);
  const of = (...ids: number[]) => rows([[...ids, ...new Array(6 - ids.length).fill(0)]]);
  const quiet = { layer: "pooled", verbose: false } as const;
  const plain = await extractFeatures(model, of(5, 6, 7), quiet);
  const padding = rows([[5, 6, 7, 0, 0, 0]]);
  const changed = {
    ...padding,
    get: async (index: number) => {
      const example = (await padding.get(index))!;
      const ids = tensor("int64", [6], [5, 6, 7, 9, 11, 13]);
      return { ...example, inputs: { ...example.inputs, input_ids: ids } };
    },
  };
  const same = await extractFeatures(model, changed, quiet);
  plain.data.forEach((value, at) => assert(Math.abs(value - same.data[at]!) < 1e-6));
});

Deno.test("towers side by side answer as each alone does", async () => {
  const small = { layers: 1, hidden: 16, heads: 2, embedding: 8 };
  const text = clipText({ ...small, vocabulary: 20, maxPositions: 6, seed: 2 });
  const both = twoTowers(clipImage({ ...small, sizePx: 16, patchPx: 8 }), text);
  const data = rows([[1, 2, 3, 19, 0, 0], [4, 19, 0, 0, 0, 0]]);
  const [one, other] = await Promise.all(
    [text, tower(both, "text_embeds")].map((model) =>
      extractFeatures(model, data, { layer: "text_embeds", verbose: false })
    ),
  );
  assertEquals(one!.data, other!.data);
  const image = tower(both, "image_embeds");
  assertEquals(image.inputs.map(({ name }) => name), ["x"]);
  assertThrows(() => twoTowers(text, text), RangeError, "both have a value");
  assertThrows(() => tower(both, "nothing"), RangeError, '"image_embeds"');
});
