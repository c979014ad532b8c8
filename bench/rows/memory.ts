import { resnet18 } from "../../models/resnet.ts";
import { stepTimes } from "../steps.ts";
import type { Row } from "./row.ts";

/** The most memory that a process with the first row's steps holds, in MiB. Linux only. */
export const memory: Row = {
  unit: "MiB",
  measure: async () => {
    await stepTimes(resnet18(), { batchSize: 16 });
    return await peakMebibytes();
  },
  lines: [{ label: "memory of resnet18-step", bound: 1 }],
};

/** The most memory that this process has held, in MiB. */
export async function peakMebibytes(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1024;
}
