import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { maskedWords } from "../../src/data/texts/masked_words.ts";
import { readTokenizer } from "../../src/data/texts/read_tokenizer.ts";
import { texts } from "../../src/data/texts/texts.ts";
import { wordPiece } from "../../src/data/texts/word_piece.ts";
import { sharedTest } from "../shared.ts";
import golden from "./golden/tokens.json" with { type: "json" };

const PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "##s", "a"];
const tokenizer = wordPiece(PIECES);
const id = (token: string) => PIECES.indexOf(token);

sharedTest(
  "wordPiece() divides texts as BERT's own tokenizer does",
  [
    "data/text/bert-base-uncased-vocab.txt",
  ],
  async (file) => {
    const published = await readTokenizer(file!);
    assertEquals(published.size, 30_522);
    for (const { text, pair, maxTokens, ids, typeIds } of golden.cases) {
      const found = published.encode(text, {
        pair: pair ?? undefined,
        maxTokens: maxTokens ?? undefined,
      });
      assertEquals(found, { ids, typeIds }, text);
    }
  },
);

Deno.test("a text that is too long loses its end, of two the longer one first", () => {
  const cut = (text: string, maxTokens: number, pair?: string) =>
    tokenizer.encode(text, { maxTokens, pair });
  const [good, bad, film, cls, sep] = [id("good"), id("bad"), id("film"), 2, 3];
  assertEquals(cut("good bad film good", 4).ids, [cls, good, bad, sep]);
  const both = cut("good bad good bad", 7, "film film");
  assertEquals(both.ids, [cls, good, bad, sep, film, film, sep]);
  assertEquals(both.typeIds, [0, 0, 0, 0, 1, 1, 1]);
  assertEquals(cut("good", 9).ids, [cls, good, sep]);
});

Deno.test("texts() fills up on either side and looks labels up in the classes", async () => {
  const items = [{ text: "a film", label: "b" }, { text: "films", label: "a" }];
  const dataset = texts(items, { tokenizer, maxTokens: 5 });
  assertEquals(dataset.classes, ["a", "b"]);
  assertEquals([dataset.target!(0), dataset.target!(1)], [1, 0]);
  const row = async (of: typeof dataset, name: string) =>
    Array.from((await of.get(0))!.inputs![name]!.data as BigInt64Array, Number);
  assertEquals(await row(dataset, "input_ids"), [2, id("a"), id("film"), 3, 0]);
  assertEquals(await row(dataset, "attention_mask"), [1, 1, 1, 1, 0]);
  const left = texts(items, { tokenizer: { ...tokenizer, paddingSide: "left" }, maxTokens: 6 });
  assertEquals(await row(left, "input_ids"), [0, 0, 2, id("a"), id("film"), 3]);
  assertEquals(await row(left, "attention_mask"), [0, 0, 1, 1, 1, 1]);
  const some = texts(items, { tokenizer, maxTokens: 5, inputs: ["input_ids"] });
  assertEquals(Object.keys((await some.get(0))!.inputs!), ["input_ids"]);
  assertThrows(() => texts(items, { tokenizer, classes: ["b"] }), RangeError, '"a" of text 1');
  assert(await dataset.fingerprint!() !== await left.fingerprint!(), "other numbers, other text");
});

Deno.test("maskedWords() hides the share it says, anew each epoch, and never what fills up", async () => {
  const items = Array.from({ length: 200 }, () => ({ text: "good bad film good bad film" }));
  const plain = texts(items, { tokenizer, maxTokens: 10 });
  const hidden = maskedWords(plain, { tokenizer, share: 0.3, seed: 5 });
  const counts = { guessed: 0, masked: 0, kept: 0 };
  for (let index = 0; index < items.length; index++) {
    const example = (await hidden.get(index))!;
    const ids = example.inputs!.input_ids!.data as BigInt64Array;
    const before = (await plain.get(index))!.inputs!.input_ids!.data as BigInt64Array;
    (example.target as { data: BigInt64Array }).data.forEach((wanted, at) => {
      if (wanted === -100n) return assertEquals(ids[at], before[at]);
      assertEquals(wanted, before[at]);
      assert(!tokenizer.special.has(Number(wanted)));
      counts.guessed++;
      if (ids[at] === BigInt(id("[MASK]"))) counts.masked++;
      if (ids[at] === wanted) counts.kept++;
    });
  }
  const share = counts.guessed / (6 * items.length);
  assert(Math.abs(share - 0.3) < 0.05, `${share}`);
  assert(Math.abs(counts.masked / counts.guessed - 0.83) < 0.07, `${counts.masked}`);
  assert(counts.kept / counts.guessed > 0.05 && counts.kept / counts.guessed < 0.2);
  const draws = await Promise.all([0, 0, 1].map((epoch) => hidden.get(3, epoch)));
  assertEquals(draws[0], draws[1]);
  assert(JSON.stringify(draws[0]!.target, text) !== JSON.stringify(draws[2]!.target, text));
  assertThrows(
    () => maskedWords(plain, { tokenizer: { ...tokenizer, mask: undefined } }),
    RangeError,
  );
});

/** 64-bit integers as JSON. */
function text(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}

Deno.test("readTokenizer() reads byte pairs and says what it cannot read", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "tokenizer.json");
  const vocab = { "<pad>": 0, g: 1, o: 2, d: 3, oo: 4, good: 5, "Ġ": 6, "Ġgood": 7, goo: 8 };
  await Deno.writeTextFile(
    file,
    JSON.stringify({
      added_tokens: [{ id: 0, content: "<pad>", special: true, normalized: false }],
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
      decoder: { type: "ByteLevel" },
      model: {
        type: "BPE",
        vocab,
        merges: [["o", "o"], ["g", "oo"], ["goo", "d"], ["Ġ", "good"]],
      },
    }),
  );
  const read = await readTokenizer(file, { paddingSide: "left" });
  assertEquals(read.encode("good good").ids, [5, 7]);
  assertEquals(read.decode([5, 7]), "good good");
  assertEquals([read.padding, read.paddingSide], [0, "left"]);
  assertEquals(read.inputs, ["input_ids", "attention_mask"]);
  await Deno.writeTextFile(join(folder, "tokenizer_config.json"), '{"padding_side": "left"}');
  assertEquals((await readTokenizer(file)).paddingSide, "left");
  await Deno.writeTextFile(file, "{}");
  const error = await assertRejects(() => readTokenizer(file), SyntaxError);
  assertStringIncludes(error.message, file);
  await Deno.writeTextFile(file, "{");
  await assertRejects(() => readTokenizer(file), SyntaxError, "no JSON");
  assertThrows(() => wordPiece(["[PAD]"]), RangeError, '"[UNK]"');
  await Deno.remove(folder, { recursive: true });
});
