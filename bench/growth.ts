/**
 * How the time of a training step of ResNet-18, the least of three, grows with the batch and with the
 * size of the pictures: writes results/growth.svg and prints the numbers.
 *
 *     deno run -A bench/growth.ts
 */
import { resnet18 } from "../models/resnet.ts";
import { linePlot, type Point } from "./line_plot.ts";
import { stepTimes } from "./steps.ts";

const BATCH_SIZES = [1, 2, 4, 8, 16, 32];
const SIZE_OF_BATCHES_PX = 128;
const SIZES_PX = [64, 96, 128, 160, 192, 224];
const BATCH_OF_SIZES = 8;

async function msOf(batchSize: number, sizePx: number): Promise<number> {
  const ms = Math.min(...await stepTimes(resnet18({ sizePx }), { batchSize, steps: 3 }));
  console.log(`batch ${batchSize}, ${sizePx}²: ${ms.toFixed(0)} ms`);
  return ms;
}

const byBatch: Point[] = [];
for (const batch of BATCH_SIZES) byBatch.push([batch, await msOf(batch, SIZE_OF_BATCHES_PX)]);
const bySize: Point[] = [];
for (const size of SIZES_PX) bySize.push([size, await msOf(BATCH_OF_SIZES, size)]);

const svg = linePlot([
  { title: `Pictures of ${SIZE_OF_BATCHES_PX}²`, x: "batch", y: "ms a step", points: byBatch },
  {
    title: `Batches of ${BATCH_OF_SIZES}`,
    x: "height and width, px",
    y: "ms a step",
    points: bySize,
  },
]);
await Deno.writeTextFile(new URL("results/growth.svg", import.meta.url), svg);
