/**
 * Whole networks beside PyTorch's float64, as a table. Not a test of the gate: it needs a Python with
 * PyTorch and the script that makes the cases.
 *
 *     deno run -A tests/oracle.ts --python PATH --oracle oracle.py [--mode train]… \
 *         [--exporter legacy]… [--opt sgd] [--lr 0.001] [--seed 0] NAME[@SIZE[xBATCH]]…
 *
 * NAME is one that the script knows, such as `torchvision:vit_b_32@224x2`; inputs are of size 64 and
 * batches of 8 unless it says. `--mode` (train, eval) and `--exporter` (legacy, dynamo) may be given
 * more than once, for a row each. Errors are relative: of all gradients together (Graft's and
 * PyTorch's own float32), of the loss, and of the losses of the following steps; the cosine is that
 * of the worst parameter, but for gradients under a millionth of all. What went wrong, how many parameters
 * were found again after the export and compared, and the worst of them, go to standard error.
 */
import { parseArgs } from "node:util";
import { join } from "@std/path";
import { arrays } from "../src/data/arrays.ts";
import type { Model } from "../src/onnx/model.ts";
import { readModel } from "../src/onnx/read_model.ts";
import { freeze } from "../src/onnx/select.ts";
import type { Tensor } from "../src/tensor/tensor.ts";
import { fit } from "../src/train/fit.ts";
import { adam } from "../src/train/optimizers/adam.ts";
import { adamW } from "../src/train/optimizers/adamw.ts";
import { sgd } from "../src/train/optimizers/sgd.ts";
import { valueAndGrad } from "../src/train/value_and_grad.ts";
import { type Array64, readNpy } from "./read_npy.ts";

/** What the script writes about a case, as far as it matters here. */
interface Case {
  readonly inputs: readonly string[];
  readonly parameters: readonly string[];
  readonly renamed_by_exporter: readonly string[];
  readonly mode: "train" | "eval";
  readonly opt: "sgd" | "adam" | "adamw";
  readonly lr: number;
  readonly momentum: number;
  readonly weight_decay: number;
  readonly batch: number;
}

/** What one row is about. */
interface Subject {
  readonly name: string;
  readonly mode: string;
  readonly exporter: string;
  readonly size: string;
  readonly batch: string;
}

const { values: args, positionals: names } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    python: { type: "string", default: "python3" },
    oracle: { type: "string", default: "oracle.py" },
    mode: { type: "string", multiple: true, default: ["train"] },
    exporter: { type: "string", multiple: true, default: ["legacy"] },
    opt: { type: "string", default: "sgd" },
    lr: { type: "string", default: "0.001" },
    seed: { type: "string", default: "0" },
  },
});

const TEXT = ["Network", "Mode", "Exporter"];
const SETTINGS = ["Size", "Batch", "Seed", "Rate"];
const NUMBERS = [...SETTINGS, "Gradients", "PyTorch float32", "Worst cosine", "Loss"];
console.log(line([...TEXT, ...NUMBERS, "Later losses"]));
console.log(line([...TEXT.map(() => "---"), ...NUMBERS.map(() => "---:"), "---:"]));
for (const subject of subjects()) {
  const { name, mode, exporter, size, batch } = subject;
  const folder = await Deno.makeTempDir();
  try {
    await make(subject, folder);
    const settings = [size, batch, args.seed, args.lr];
    console.log(line([name, mode, exporter, ...settings, ...await row(folder)]));
  } catch (error) {
    console.error(`${name}, ${mode}, ${exporter}: ${(error as Error).message}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function* subjects(): Generator<Subject> {
  for (const given of names) {
    const [name = "", sizes = ""] = given.split("@");
    const [size = "", batch = "8"] = sizes.split("x");
    for (const exporter of args.exporter) {
      for (const mode of args.mode) yield { name, mode, exporter, size: size || "64", batch };
    }
  }
}

/** Makes a case. Throws where the script cannot. */
async function make({ name, ...subject }: Subject, folder: string): Promise<void> {
  const options = { ...subject, opt: args.opt, lr: args.lr, seed: args.seed, out: folder };
  const given = Object.entries(options).flatMap(([key, value]) => [`--${key}`, value]);
  if (subject.mode === "eval") given.push("--folded");
  const command = new Deno.Command(args.python, { args: [args.oracle, "case", name, ...given] });
  const { success, stderr } = await command.output();
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  if (!success) throw new Error(`no case: ${lines.at(-1)}`);
}

async function row(folder: string): Promise<string[]> {
  const facts: Case = JSON.parse(await Deno.readTextFile(join(folder, "case.json")));
  const read = (name: string) => readNpy(join(folder, `${name}.npy`));
  const model = await readModel(await Deno.readFile(join(folder, "model.onnx")));
  const inputs = Object.fromEntries(
    await Promise.all(facts.inputs.map(async (name) => [name, await read(name) as Tensor])),
  );
  const targets = await read("y") as Tensor;
  const batchNorm = facts.mode === "train" ? "batch" : "running";
  const result = await valueAndGrad(model, inputs, targets, { batchNorm });
  const [errors, worst] = await compared(result.gradients, facts.parameters, read);
  const losses = (await read("losses64")).data as Float64Array;
  const { parameters: { length }, renamed_by_exporter: renamed } = facts;
  console.error(`${length} compared, ${renamed.length} renamed; worst cosine: ${worst.name}`);
  console.error(`losses ${losses}; PyTorch's float32 ${(await read("losses")).data}`);
  // Both train what is compared, and leave what the exporter computed beforehand as it is.
  const same = freeze(model, ({ name }) => !facts.parameters.includes(name));
  const followed = await following(same, { inputs, targets, facts, batchNorm, losses });
  return [
    ...errors.map((error) => error.toExponential(1)),
    worst.cosine.toFixed(5),
    Math.abs(result.loss / losses[0]! - 1).toExponential(1),
    followed.toExponential(1),
  ];
}

/** How well a parameter's gradient points PyTorch's way, and the square of its length there. */
interface Direction {
  readonly name: string;
  readonly cosine: number;
  readonly size: number;
}

/** Relative errors of Graft's and of PyTorch's float32 gradients, and the parameter of the worst cosine. */
async function compared(
  gradients: ReadonlyMap<string, Tensor<"float32">>,
  parameters: readonly string[],
  read: (name: string) => Promise<{ readonly data: Array64 }>,
): Promise<[[number, number], Direction]> {
  let [ours, theirs, size] = [0, 0, 0];
  const directions: Direction[] = [];
  for (const name of parameters) {
    const exact = await read(`grad/${name}64`).catch(() => undefined);
    if (!exact) continue;
    const single = (await read(`grad/${name}`)).data;
    const found = gradients.get(name)?.data;
    if (!found) throw new Error(`"${name}" has no gradient`);
    let [dot, a, b] = [0, 0, 0];
    exact.data.forEach((value, i) => {
      const [right, got] = [Number(value), found[i]!];
      ours += (got - right) ** 2;
      theirs += (Number(single[i]) - right) ** 2;
      [dot, a, b] = [dot + got * right, a + got * got, b + right * right];
    });
    size += b;
    directions.push({ name, cosine: a > 0 ? dot / Math.sqrt(a * b) : 0, size: b });
  }
  // A bias ahead of a batch normalisation has the gradient 0, of which rounding alone is seen.
  const seen = directions.filter((one) => one.size > 1e-12 * size);
  seen.sort((a, b) => a.cosine - b.cosine);
  return [[Math.sqrt(ours / size), Math.sqrt(theirs / size)], seen[0]!];
}

/** How far the losses of the following steps are off, the worst of them. */
async function following(model: Model, { inputs, targets, facts, batchNorm, losses }: {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly targets: Tensor;
  readonly facts: Case;
  readonly batchNorm: "batch" | "running";
  readonly losses: Float64Array;
}): Promise<number> {
  const { lr: learningRate, momentum, weight_decay: weightDecay } = facts;
  const optimizer = {
    sgd: () => sgd({ learningRate, momentum, weightDecay }),
    adam: () => adam({ learningRate, weightDecay }),
    adamw: () => adamW({ learningRate, weightDecay }),
  }[facts.opt]();
  const { history } = await fit(model, arrays({ inputs, targets }), {
    epochs: losses.length,
    batchSize: facts.batch,
    optimizer,
    batchNorm,
    shuffle: false,
    device: "cpu",
    verbose: false,
  });
  return Math.max(...history.epochs.map(({ loss }, i) => Math.abs(loss / losses[i]! - 1)));
}
