/**
 * Graft beside PyTorch, the two in turn on the same machine, each run in a process of its own:
 * medians over the rounds, their ratio, and the ratio that is aimed at. Exits 1 where one is above it.
 *
 *     deno run -A bench/side_by_side.ts [--python PATH] [--only NAME]… [--rounds 3] [--pictures DIR]
 *
 * PATH is a Python with torch and torchvision; without one, Graft's side is measured alone. DIR holds
 * pictures by class; without it, some are drawn.
 */
import { parseArgs } from "node:util";
import { writePictures } from "./drawn_pictures.ts";
import type { Row } from "./rows/row.ts";
import { rows } from "./rows/table.ts";
import { median } from "./steps.ts";

const { values: args } = parseArgs({
  args: Deno.args,
  options: {
    python: { type: "string" },
    only: { type: "string", multiple: true, default: Object.keys(rows) },
    rounds: { type: "string", default: "3" },
    pictures: { type: "string" },
  },
});
const roundCount = Number(args.rounds);
if (!(Number.isInteger(roundCount) && roundCount > 0)) {
  refuse(`--rounds must be a whole number from 1 on, found "${args.rounds}"`);
}
for (const name of args.only) {
  if (Object.hasOwn(rows, name)) continue;
  refuse(`--only must be one of ${Object.keys(rows).join(", ")}, found "${name}"`);
}
if (args.python === undefined) console.log("No --python was given: Graft's side alone.");
const drawn = args.pictures === undefined ? await Deno.makeTempDir() : undefined;
let isMet = true;
try {
  if (drawn !== undefined) await writePictures(drawn, 120);
  const pictures = args.pictures ?? drawn!;
  print(["Row", "Graft", "PyTorch", "Ratio", "Bound"]);
  print(["---", "---:", "---:", "---:", "---:"]);
  for (const name of args.only) {
    if (!await compare(name, rows[name]!, pictures)) isMet = false;
  }
} finally {
  if (drawn !== undefined) await Deno.remove(drawn, { recursive: true });
}
Deno.exit(isMet ? 0 : 1);

/** Measures one row and prints its lines; false where a ratio is above its bound. */
async function compare(name: string, { unit, lines }: Row, pictures: string): Promise<boolean> {
  const ours: Numbers[] = [];
  const theirs: Numbers[] = [];
  for (let round = 0; round < roundCount; round++) {
    const graft = new URL("graft_side.ts", import.meta.url).pathname;
    ours.push(await output(Deno.execPath(), ["run", "-A", graft, name, pictures]));
    if (args.python === undefined) continue;
    const pytorch = new URL("pytorch_side.py", import.meta.url).pathname;
    theirs.push(await output(args.python, [pytorch, name, pictures]));
  }
  const a = median(ours.map(({ value }) => value!));
  return lines.map(({ label, theirs: key = "value", bound }) => {
    const b = median(theirs.map((numbers) => numbers[key]!));
    const inUnit = (number: number) => isNaN(number) ? "–" : `${shown(number)} ${unit}`;
    const ratio = isNaN(b) ? "–" : (a / b).toFixed(2);
    print([label, inUnit(a), inUnit(b), ratio, bound.toFixed(2)]);
    return !(a / b > bound);
  }).every((one) => one);
}

type Numbers = Readonly<Record<string, number>>;

/** The numbers that a command prints as JSON on its last line. */
async function output(command: string, commandArgs: string[]): Promise<Numbers> {
  const { stdout, stderr, success } = await new Deno.Command(command, { args: commandArgs })
    .output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  if (!success) throw new Error(`${command} ${commandArgs.join(" ")} failed:\n${err}`);
  return JSON.parse(out!.slice(out!.lastIndexOf("\n") + 1));
}

/** Three digits, or all before the point. */
function shown(number: number): string {
  return number.toFixed(number >= 100 ? 0 : number >= 10 ? 1 : 2);
}

/** A line of the table, which is also one of Markdown. */
function print([label, ...cells]: readonly string[]): void {
  console.log(`| ${label!.padEnd(24)} | ${cells.map((cell) => cell.padStart(9)).join(" | ")} |`);
}

function refuse(message: string): never {
  console.error(message);
  Deno.exit(2);
}
