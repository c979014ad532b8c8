/**
 * Graft's side of gpu.ts: `deno run -A bench/gpu/side.ts JSON` measures what JSON (a `Job`) says and
 * prints `{ "value": number }`.
 */
import { extractFeatures } from "../../mod.ts";
import { fitSteps, median, momentum, numbers, repeated } from "../steps.ts";
import { type Job, networks } from "./job.ts";

const job: Job = JSON.parse(Deno.args[0]!);
console.log(
  JSON.stringify({ value: job.what === "step" ? await stepMs(job) : await perSecond(job) }),
);

/** Milliseconds of a step: the middle one. */
async function stepMs({ network, sizePx, batchSize, device, cuda, steps }: Job): Promise<number> {
  const model = networks[network]({ sizePx });
  const marks: number[] = [];
  // A captured graph is made in the first step of each parity.
  const warmUp = 4;
  await fitSteps(model, numbers(model, batchSize), {
    steps: warmUp + steps + 1,
    batchSize,
    optimizer: momentum(),
    device,
    ...(cuda && { deviceOptions: { cuda } }),
    schedule: () => {
      marks.push(performance.now());
      return 1;
    },
  });
  return median(marks.slice(1).map((mark, at) => mark - marks[at]!).slice(warmUp));
}

/** Pictures a second whose features are extracted, from numbers in memory. */
async function perSecond({ network, sizePx, batchSize, device, cuda, steps }: Job) {
  const model = networks[network]({ sizePx });
  const rows = numbers(model, batchSize);
  const extract = async (batches: number) => {
    const start = performance.now();
    await extractFeatures(model, repeated(rows, batches * batchSize), {
      batchSize,
      device,
      ...(cuda && { deviceOptions: { cuda } }),
      verbose: false,
    });
    return performance.now() - start;
  };
  await extract(2);
  // What is done once for a call falls out of the difference.
  const batches = 10 * steps;
  const [few, many] = [await extract(2), await extract(2 + batches)];
  return 1000 * batches * batchSize / (many - few);
}
