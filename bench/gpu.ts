/**
 * Graft on a graphics card, beside PyTorch on the same card: how far gradients are from the CPU's,
 * milliseconds of a training step, pictures a second whose features are extracted, and the card's
 * memory. Each measurement has a process of its own. Prints the tables and writes them to a file.
 *
 *     deno run -A bench/gpu.ts [--python PATH] [--device cuda|webgpu|cpu]… [--small] [--out FILE]
 *
 * PATH is a Python with torch and torchvision; without one, Graft's side is measured alone. Without
 * `--device`, all cards that can be used; `--small` takes small pictures and few of them, to try the
 * script itself, which `--device cpu` does without a card. FILE is `bench/results/DATE-gpu.md` by default.
 */
import { parseArgs } from "node:util";
import { type CudaOptions, type Device, valueAndGrad } from "../mod.ts";
import { cardNumbers, withPeak } from "./gpu/card.ts";
import { type Job, networks } from "./gpu/job.ts";

type Place = Exclude<Device, "auto">;

const { values: args } = parseArgs({
  options: {
    python: { type: "string" },
    device: { type: "string", multiple: true },
    small: { type: "boolean", default: false },
    out: { type: "string" },
  },
});
const PLACES = ["cuda", "webgpu", "cpu"];
for (const name of args.device ?? []) {
  if (PLACES.includes(name)) continue;
  console.error(`--device must be one of ${PLACES.join(", ")}, found "${name}"`);
  Deno.exit(2);
}
const sizePx = args.small ? 32 : 224;
const batchSizes = args.small ? [2, 4] : [32, 128];
const steps = args.small ? 2 : 20;
const date = new Date().toISOString().slice(0, 10);
const file = args.out ?? new URL(`results/${date}-gpu.md`, import.meta.url).pathname;
const lines: string[] = [];

const places = await usable((args.device ?? ["cuda", "webgpu"]) as Place[]);
if (places.length === 0) {
  console.error("None of these can be used: nothing was measured. See `graft doctor`.");
  Deno.exit(1);
}
const card = await cardNumbers("name,driver_version,memory.total");
say(`# ${date}, ${card?.[0] ?? places.join(" and ")}`);
say("");
say(
  `Deno ${Deno.version.deno}; pictures of ${sizePx}², ${steps} steps timed, their middle taken. ` +
    (args.python === undefined
      ? "No Python was given: Graft alone."
      : await torchLine(args.python)),
);
await gradients();
await measured("step", "Milliseconds of a training step", batchSizes, ["resnet18", "resnet50"]);
await measured("features", "Pictures a second, features extracted", batchSizes, [
  "resnet18",
  "resnet50",
]);
await Deno.writeTextFile(file, lines.join("\n") + "\n");
console.error(`Written to ${file}`);

/** How Graft computes on a device, by name. */
function variants(place: Place): [name: string, cuda: CudaOptions | undefined][] {
  return place !== "cuda" ? [[place, undefined]] : [
    ["cuda, float32", { tf32: false }],
    ["cuda, TF32", { tf32: true }],
    ["cuda, TF32, node by node", { tf32: true, graph: false }],
  ];
}

/** Those of the devices that a small network runs on; says why of the others. */
async function usable(wanted: readonly Place[]): Promise<Place[]> {
  const found: Place[] = [];
  for (const device of wanted) {
    try {
      await gradientsOf("resnet18", 32, { device });
      found.push(device);
    } catch (error) {
      console.error((error as Error).message.split("\n")[0]);
    }
  }
  return found;
}

/** Gradients of a batch of two, the same in every call. */
async function gradientsOf(
  network: keyof typeof networks,
  sizePx: number,
  { device, cuda }: { readonly device: Place; readonly cuda?: CudaOptions | undefined },
) {
  const model = networks[network]({ sizePx });
  const count = 2 * 3 * sizePx ** 2;
  const data = Float32Array.from({ length: count }, (_, i) => (i * 7919 % 1000) / 500 - 1);
  const x = { type: "float32", dims: [2, 3, sizePx, sizePx], data } as const;
  const targets = { type: "int64", dims: [2], data: BigInt64Array.of(0n, 1n) } as const;
  const [input] = model.inputs;
  const deviceOptions = cuda && { deviceOptions: { cuda } };
  return await valueAndGrad(model, { [input!.name]: x }, targets, { device, ...deviceOptions });
}

/** A table of how far the gradients of whole networks are from the CPU's. */
async function gradients(): Promise<void> {
  table("Gradients beside the CPU's", [
    "Network",
    "Device",
    "Loss, relative",
    "Gradients, relative (L2)",
  ]);
  for (const network of ["resnet18", "mobilenet_v2"] as const) {
    const known = await gradientsOf(network, sizePx, { device: "cpu" });
    for (const place of places) {
      for (const [name, cuda] of variants(place)) {
        if (cuda?.graph === false) continue;
        const found = await gradientsOf(network, sizePx, { device: place, cuda });
        let [error, size] = [0, 0];
        for (const [parameter, { data }] of known.gradients) {
          const other = found.gradients.get(parameter)!.data;
          data.forEach((one, at) => {
            error += (one - other[at]!) ** 2;
            size += one ** 2;
          });
        }
        const loss = Math.abs(found.loss / known.loss - 1);
        row([network, name, loss.toExponential(1), Math.sqrt(error / size).toExponential(1)]);
      }
    }
  }
}

/** A table of one kind of measurement. */
async function measured(
  what: Job["what"],
  title: string,
  sizes: readonly number[],
  names: readonly (keyof typeof networks)[],
): Promise<void> {
  table(title, ["Network", "Batch", "By", "Value", "Memory of the card, MiB"]);
  for (const network of names) {
    for (const batchSize of sizes) {
      for (const place of places) {
        const job: Job = { what, network, sizePx, batchSize, steps, device: place };
        const side = new URL("gpu/side.ts", import.meta.url).pathname;
        for (const [name, cuda] of variants(place)) {
          if (what === "features" && cuda?.graph === false) continue;
          const text = JSON.stringify({ ...job, cuda });
          await one(job, `Graft, ${name}`, [Deno.execPath(), "run", "-A", side, text]);
        }
      }
      await pytorch({ what, network, sizePx, batchSize, steps, device: "cuda" });
    }
  }
}

/** PyTorch's rows, on CUDA or, where Graft is tried there, on the CPU. */
async function pytorch(job: Job): Promise<void> {
  const { python } = args;
  const device = places.includes("cuda") ? "cuda" : places.includes("cpu") ? "cpu" : undefined;
  if (python === undefined || device === undefined) return;
  const all = ["float32", "tf32", "channels_last", "compile"];
  const side = new URL("gpu/pytorch_side.py", import.meta.url).pathname;
  for (const variant of device === "cuda" ? all : ["float32", "channels_last"]) {
    const text = JSON.stringify({ ...job, device, variant });
    await one(job, `PyTorch, ${variant}`, [python, side, text]);
  }
}

/** Measures in a process of its own; a row says so where that fails. */
async function one({ network, batchSize }: Job, by: string, command: string[]): Promise<void> {
  const [made, peak] = await withPeak(() =>
    new Deno.Command(command[0]!, { args: command.slice(1) }).output()
  );
  const [out, err] = [made.stdout, made.stderr].map((bytes) =>
    new TextDecoder().decode(bytes).trim()
  );
  const value = made.success
    ? JSON.parse(out!.slice(out!.lastIndexOf("\n") + 1)).value.toFixed(1)
    : "failed";
  row([network, `${batchSize}`, by, value, peak === undefined ? "–" : `${peak}`]);
  if (err) console.error(made.success ? err : err.split("\n").slice(-5).join("\n"));
}

async function torchLine(python: string): Promise<string> {
  const code = "import torch; print(torch.__version__)";
  const { stdout } = await new Deno.Command(python, { args: ["-c", code] }).output();
  return `PyTorch ${new TextDecoder().decode(stdout).trim()}.`;
}

function table(title: string, heads: readonly string[]): void {
  say("");
  say(`## ${title}`);
  say("");
  row(heads);
  row(heads.map(() => "---"));
}

function row(cells: readonly string[]): void {
  say(`| ${cells.join(" | ")} |`);
}

function say(line: string): void {
  console.log(line);
  lines.push(line);
}
