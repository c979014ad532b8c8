import { type DeviceExamination, examine } from "../../runtime/doctor/examine.ts";
import { remedyLines } from "../../runtime/doctor/remedies.ts";
import type { Command } from "../command.ts";
import type { Output } from "../output.ts";

/** `doctor`: what devices there are, and what those need that cannot be used. */
export const doctorCommand: Command = {
  name: "doctor",
  summary: "say which devices can be used, and what puts the others right",
  positionals: [],
  options: [],
  examples: ["doctor"],
  notes: "Loads what each device needs, library by library, and then lets the engine try it.",
  async run(_values, output) {
    const devices = await examine();
    const { deno } = Deno.version;
    output.line(`Deno ${deno}, ${Deno.build.target}`);
    for (const device of devices) tell(device, output);
    return { json: { deno, target: Deno.build.target, devices } };
  },
};

function tell(
  { device, usable, reason, findings, remedy }: DeviceExamination,
  output: Output,
): void {
  output.line(`\n${device}: ${usable ? "can be used" : "cannot be used"}`);
  for (const { what, found, detail } of findings) {
    output.line(`  ${found ? "found  " : "missing"}  ${what}: ${detail}`);
  }
  if (reason !== undefined) output.line(`  Why: ${reason.trim().replaceAll("\n", "\n       ")}`);
  for (const line of remedy ? remedyLines(remedy) : []) output.line(`  ${line}`);
}
