import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { run } from "../../examples/text_classification.ts";
import { opinions } from "../../examples/text_classification/sentences.ts";

for (const seed of [0, 1, 2]) {
  Deno.test(`text_classification.ts learns more from a few labels after guessing words, seed ${seed}`, async () => {
    const { accuracy } = await run({ seed, quiet: true }, {
      pretrain: "30",
      unlabelled: "1200",
      labelled: "4",
      test: "100",
    });
    const { scratch, pretrained } = accuracy.opinions!;
    assert(pretrained! > scratch! + 0.05, `${pretrained} after guessing, ${scratch} from scratch`);
  });
}

Deno.test("text_classification.ts reads a folder of texts and its vocabulary", async () => {
  const folder = await Deno.makeTempDir();
  const lines = (perClass: number, seed: number) =>
    opinions({ perClass, seed }).map(({ text, label }) => `${text}\t${label}\n`).join("");
  await Deno.writeTextFile(join(folder, "train.tsv"), lines(60, 1));
  await Deno.writeTextFile(join(folder, "test.tsv"), lines(30, 2));
  const words = new Set(lines(200, 3).split(/\s+/));
  const pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...words];
  const vocabulary = join(folder, "vocab.txt");
  await Deno.writeTextFile(vocabulary, pieces.filter((piece) => piece !== "").join("\n"));
  const own = {
    vocabulary,
    hidden: "16",
    tokens: "16",
    epochs: "8",
    dropout: "0.1",
    pretrain: "1",
  };
  const { accuracy, rows } = await run({ seed: 0, quiet: true, data: folder }, own);
  const [found] = Object.values(accuracy);
  assert(found!.pretrained! > 0.9 && found!.bag! > 0.9, JSON.stringify(found));
  assertEquals(rows.length, 2);
  await Deno.remove(folder, { recursive: true });
});
