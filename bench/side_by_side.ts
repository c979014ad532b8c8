/**
 * Training steps beside PyTorch's, the two in turn on the same machine: medians, their ratio and the
 * ratio that is aimed at. Exits 1 where one is above it.
 *
 *     deno run -A bench/side_by_side.ts [--python PATH] [--only NAME] [--rounds 3]
 *
 * PATH is a Python with torch and torchvision; without one, Graft's side is measured alone.
 */
import { parseArgs } from "node:util";
import { arrays, fit, type Model, sgd } from "../mod.ts";
import { digitCnn } from "../models/digit_cnn.ts";
import { resnet18, resnet50 } from "../models/resnet.ts";

/** A network, the size of a batch of its inputs, and the highest ratio that is aimed at. */
interface Row {
  readonly model: () => Model;
  readonly shape: readonly [number, ...number[]];
  readonly bound: number;
}

const ROWS: Readonly<Record<string, Row>> = {
  "resnet18-step": { model: () => resnet18({ seed: 0 }), shape: [16, 3, 224, 224], bound: 1 },
  "resnet50-step": { model: () => resnet50({ seed: 0 }), shape: [8, 3, 224, 224], bound: 1 },
  "mnist-step": {
    model: () => digitCnn({ classes: 10, seed: 0 }),
    shape: [64, 1, 28, 28],
    bound: 0.9,
  },
};
const STEPS = 3;

const { values: args } = parseArgs({
  args: Deno.args,
  options: {
    python: { type: "string" },
    only: { type: "string" },
    rounds: { type: "string", default: "3" },
  },
});
if (args.only !== undefined && !Object.hasOwn(ROWS, args.only)) {
  console.error(`--only must be one of ${Object.keys(ROWS).join(", ")}, found "${args.only}"`);
  Deno.exit(2);
}
if (args.python === undefined) console.log("No --python was given: Graft's side alone.");
console.log("row               Graft ms  PyTorch ms  ratio  bound");
let isMet = true;
for (const [name, row] of Object.entries(ROWS)) {
  if (args.only !== undefined && args.only !== name) continue;
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < Number(args.rounds); round++) {
    ours.push(await graftMs(row));
    if (args.python !== undefined) theirs.push(await pytorchMs(args.python, name));
  }
  const [a, b] = [median(ours), theirs.length > 0 ? median(theirs) : NaN];
  const ratio = a / b;
  if (ratio > row.bound) isMet = false;
  const shown = (number: number, digits: number) => isNaN(number) ? "–" : number.toFixed(digits);
  const cells = [
    shown(a, 1).padStart(8),
    shown(b, 1).padStart(10),
    shown(ratio, 2).padStart(5),
  ];
  console.log(`${name.padEnd(16)}  ${cells.join("  ")}  ${row.bound.toFixed(2)}`);
}
Deno.exit(isMet ? 0 : 1);

/** The milliseconds of a training step, once the program is compiled and its memory touched. */
async function graftMs({ model, shape }: Row): Promise<number> {
  const network = model();
  const count = shape[0] * STEPS;
  const size = shape.slice(1).reduce((product, dim) => product * dim, 1);
  const x = {
    type: "float32",
    dims: [count, ...shape.slice(1)],
    data: Float32Array.from({ length: count * size }, (_, i) => (i * 7919 % 1000) / 500 - 1),
  } as const;
  const targets = {
    type: "int64",
    dims: [count],
    data: BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 10)),
  } as const;
  const { history } = await fit(
    network,
    arrays({ inputs: { [network.inputs[0]!.name]: x }, targets }),
    {
      epochs: 3,
      batchSize: shape[0],
      optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }),
      device: "cpu",
      verbose: false,
    },
  );
  return Math.min(...history.epochs.slice(1).map(({ seconds }) => 1000 * seconds / STEPS));
}

async function pytorchMs(python: string, name: string): Promise<number> {
  const script = new URL("pytorch_side.py", import.meta.url).pathname;
  const { stdout, stderr, success } = await new Deno.Command(python, { args: [script, name] })
    .output();
  if (!success) throw new Error(`${python} failed: ${new TextDecoder().decode(stderr)}`);
  return Number(new TextDecoder().decode(stdout));
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
