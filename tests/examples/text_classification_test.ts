import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { run } from "../../examples/text_classification.ts";
import { opinions } from "../../examples/text_classification/sentences.ts";

for (const seed of [0, 1, 2]) {
  Deno.test(`text_classification.ts learns more from a few labels after guessing words, seed ${seed}`, async () => {
    const { accuracy } = await run({ seed, quiet: true }, { pretrain: "18", hidden: "32" });
    const { bag, scratch, pretrained } = accuracy.opinions!;
    assert(pretrained! > scratch! + 0.05, `${pretrained} after guessing, ${scratch} from scratch`);
    assert(pretrained! > bag! + 0.02, `${pretrained} after guessing, ${bag} by a bag of words`);
  });
}

Deno.test("text_classification.ts reads a folder of texts, by four kinds of networks", async () => {
  const folder = await Deno.makeTempDir();
  const lines = (perClass: number, seed: number) =>
    opinions({ perClass, seed }).map(({ text, label }) => `${text}\t${label}\n`).join("");
  await Deno.writeTextFile(join(folder, "train.tsv"), lines(80, 1));
  await Deno.writeTextFile(join(folder, "test.tsv"), lines(30, 2));
  const words = new Set(lines(200, 3).split(/\s+/));
  const pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...words];
  const vocabulary = join(folder, "vocab.txt");
  await Deno.writeTextFile(vocabulary, pieces.filter((piece) => piece !== "").join("\n"));
  const small = { vocabulary, hidden: "16", tokens: "20", dropout: "0.1" };
  const runs: Record<string, Record<string, string>> = {
    encoder: { epochs: "8", pretrain: "1" },
    bert: { epochs: "6" },
    gpt2: { epochs: "6" },
    xlnet: { epochs: "6" },
  };
  for (const [network, own] of Object.entries(runs)) {
    const options = { ...small, ...own, network, rate: "0.005" };
    const { accuracy, rows } = await run({ seed: 0, quiet: true, data: folder }, options);
    const [{ bag, scratch, pretrained }] = Object.values(accuracy) as [Record<string, number>];
    assert(bag! > 0.9 && (scratch ?? pretrained)! > 0.9, `${network}: ${JSON.stringify(accuracy)}`);
    assertEquals(rows.length, 2);
  }
  await Deno.remove(folder, { recursive: true });
});
