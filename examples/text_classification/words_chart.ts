import { type Chart, type Model, plotEmbeddings, type TextTokenizer } from "../../mod.ts";
import { OPINIONS, TELLING } from "./sentences.ts";

/** Where the encoder puts the words that tell, coloured by what they tell of. */
export async function wordsOn(
  model: Model,
  tokenizer: TextTokenizer,
  title: string,
): Promise<Chart> {
  const { shape, value } = model.parameters.get("embeddings.words.weight")!;
  const width = shape[1]!;
  const words = OPINIONS.flatMap((label, target) =>
    TELLING[label]!.map((word) => ({ word, target }))
  );
  const rows = words.map(({ word }) => {
    const [, id] = tokenizer.encode(word).ids;
    return (value.data as Float32Array).subarray(id! * width, (id! + 1) * width);
  });
  return await plotEmbeddings({
    data: Float32Array.from(rows.flatMap((row) => [...row])),
    shape: [rows.length, width],
    targets: Int32Array.from(words, ({ target }) => target),
    indices: words.map((_, at) => at),
    layer: "embeddings",
  }, { classes: OPINIONS, names: words.map(({ word }) => word), title, widthPx: 320 });
}
