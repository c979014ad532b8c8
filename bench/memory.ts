/**
 * The most memory that a process with some training steps holds, and the time of a step, with
 * `memory: "normal"` and with `memory: "low"`; each in a process of its own. Linux only.
 *
 *     deno run -A bench/memory.ts [NETWORK]…
 */
import type { MemoryMode, Model } from "../mod.ts";
import { resnet50 } from "../models/resnet.ts";
import { encoder } from "./encoder.ts";
import { peakMebibytes } from "./rows/memory.ts";
import { median, stepTimes } from "./steps.ts";

const STEPS = 3;

const networks: Readonly<Record<string, { model: () => Model; batchSize: number }>> = {
  "resnet50": { model: () => resnet50(), batchSize: 16 },
  "encoder": {
    model: () => encoder({ layers: 12, width: 384, heads: 6, length: 197 }),
    batchSize: 16,
  },
};

const [first, memory] = Deno.args;
if (memory === "normal" || memory === "low") await measure(first!, memory);
else {
  for (const name of Deno.args.length > 0 ? Deno.args : Object.keys(networks)) {
    for (const mode of ["normal", "low"]) {
      const script = new URL(import.meta.url).pathname;
      const args = ["run", "-A", script, name, mode];
      const { success } = await new Deno.Command(Deno.execPath(), { args, stdout: "inherit" })
        .output();
      if (!success) Deno.exit(1);
    }
  }
}

async function measure(name: string, memory: MemoryMode): Promise<void> {
  const { model, batchSize } = networks[name]!;
  const times = await stepTimes(model(), { batchSize, steps: STEPS, warmUp: 1, memory });
  const mebibytes = Math.round(await peakMebibytes());
  console.log(`${name}, batch ${batchSize}, ${memory}: ${mebibytes} MiB, ${ms(times)} ms a step`);
}

function ms(times: readonly number[]): string {
  return median(times).toFixed(0);
}
