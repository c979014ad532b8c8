import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { run } from "../../examples/text_classification.ts";
import { learnt, withHidden } from "../../examples/text_classification/learning.ts";
import { opinions } from "../../examples/text_classification/sentences.ts";
import { textEncoder } from "../../models/text_encoder.ts";
import { texts } from "../../src/data/texts/texts.ts";
import { wordPiece } from "../../src/data/texts/word_piece.ts";
import { extractFeatures } from "../../src/train/extract_features.ts";

const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const tokenizer = wordPiece([...special, "good", "bad", "film"]);

for (const seed of [0, 1, 2]) {
  Deno.test(`text_classification.ts learns more from a few labels after guessing words, seed ${seed}`, async () => {
    const { accuracy } = await run({ seed, quiet: true }, { pretrain: "18", hidden: "32" });
    const { bag, scratch, pretrained } = accuracy.opinions!;
    assert(pretrained! > scratch! + 0.05, `${pretrained} after guessing, ${scratch} from scratch`);
    assert(pretrained! > bag! + 0.02, `${pretrained} after guessing, ${bag} by a bag of words`);
  });
}

Deno.test("withHidden() hides other words in each epoch and leaves labels and padding", async () => {
  const inputs = ["input_ids", "attention_mask"] as const;
  const items = [{ text: "good good good good film film", label: "+" }, {
    text: "bad",
    label: "-",
  }];
  const plain = texts(items, { tokenizer, maxTokens: 12, inputs });
  const hidden = withHidden(plain, { tokenizer, share: 0.5, seed: 1 });
  const ids = async (epoch: number) => {
    const { inputs, target } = (await hidden.get(0, epoch))!;
    assertEquals(target, 0);
    assertEquals(inputs!.attention_mask, (await plain.get(0))!.inputs!.attention_mask);
    return [...inputs!.input_ids!.data as BigInt64Array];
  };
  const [first, again, second] = [await ids(0), await ids(0), await ids(1)];
  assertEquals(first, again);
  assert(first.includes(4n) && second.includes(4n) && first.join() !== second.join());
  for (const row of [first, second]) {
    assertEquals([row[0], ...row.slice(7)], [2n, 3n, 0n, 0n, 0n, 0n]);
  }
  assertEquals([hidden.classes, hidden.target!(1), hidden.changing], [["+", "-"], 1, true]);
});

Deno.test("learnt() prefers no class because more texts have it", async () => {
  const classes = ["negative", "positive"];
  const items = Array.from(
    { length: 8 },
    (_, at) => ({ text: "film", label: classes[+(at > 1)]! }),
  );
  const dataset = texts(items, {
    tokenizer,
    maxTokens: 4,
    classes,
    inputs: ["input_ids", "attention_mask"],
  });
  const sizes = { vocabulary: tokenizer.size, hidden: 8, heads: 2, maxPositions: 4 };
  const model = textEncoder({ ...sizes, classes, dropout: 0 });
  const how = { epochs: 60, rate: 0.02, batchSize: 8, seed: 0, quiet: true };
  const tuned = await learnt(model, dataset, how);
  const layer = "classifier";
  const { data: [negative, positive] } = await extractFeatures(tuned, dataset, {
    layer,
    verbose: false,
  });
  // Six of eight texts are positive: without it the scores would be 0.97 apart, with it −0.13.
  assert(Math.abs(positive! - negative! + 0.13) < 0.05, `${negative} and ${positive}`);
});

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
