import { readTexts, type TextItem, type TextTokenizer, wordPiece } from "../../mod.ts";

/** Tokens that stand for no text, as BERT has them. */
export const SPECIAL: readonly string[] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/** Texts with labels to learn from and others to measure on. */
export interface Task {
  /** What to call it. */
  readonly name: string;
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** To learn from. */
  readonly train: readonly TextItem[];
  /** To measure on. */
  readonly test: readonly TextItem[];
}

/** The texts of a folder with `train` and `test`. */
export async function readTask(folder: string): Promise<Task> {
  const [train, test] = [await readPart(folder, "train"), await readPart(folder, "test")];
  const classes = [...new Set(train.map(({ label }) => label!))].sort();
  return { name: folder.split("/").findLast((part) => part !== "")!, classes, train, test };
}

/** The texts of `train` or `test`, from the file that is there. */
async function readPart(folder: string, part: string): Promise<TextItem[]> {
  const file = `${folder}/${part}`;
  const isTable = await Deno.stat(`${file}.tsv`).then(({ isFile }) => isFile, () => false);
  if (isTable) return await readTexts(`${file}.tsv`, { columns: ["text", "label"] });
  const [names = ""] = (await Deno.readTextFile(`${file}.csv`)).split(/\r?\n/, 1);
  const label = names.includes("category") ? "category" : "label";
  return await readTexts(`${file}.csv`, { label });
}

/** The tokenizer with those pieces only that occur in some texts: fewer weights to learn. */
export function piecesIn(whole: TextTokenizer, items: readonly TextItem[]): TextTokenizer {
  const ids = new Set(items.flatMap(({ text }) => whole.encode(text).ids));
  const pieces = [...ids].sort((a, b) => a - b).map((id) => whole.token(id)!);
  return wordPiece([...SPECIAL, ...pieces.filter((piece) => !SPECIAL.includes(piece))]);
}
