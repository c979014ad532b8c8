import { nearest } from "../tensor/nearest.ts";
import type { Command } from "./command.ts";
import { artifactsBuildCommand } from "./commands/artifacts_build.ts";
import { artifactsExportCommand } from "./commands/artifacts_export.ts";
import { artifactsInspectCommand } from "./commands/artifacts_inspect.ts";
import { artifactsTrainCommand } from "./commands/artifacts_train.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { duplicatesCommand } from "./commands/duplicates.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { featuresCommand } from "./commands/features.ts";
import { fineTuneCommand } from "./commands/fine_tune.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { lrFindCommand } from "./commands/lr_find.ts";
import { modelsCommand } from "./commands/models.ts";
import { predictCommand } from "./commands/predict.ts";
import { searchCommand } from "./commands/search.ts";
import { similarCommand } from "./commands/similar.ts";
import { reportCommand } from "./commands/report.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { outputTo, PROCESS_STREAMS, type Streams } from "./output.ts";
import { parse } from "./parse.ts";
import { UsageError } from "./usage_error.ts";

const COMMANDS: readonly Command[] = [
  fineTuneCommand,
  lrFindCommand,
  evaluateCommand,
  predictCommand,
  searchCommand,
  reportCommand,
  featuresCommand,
  duplicatesCommand,
  similarCommand,
  modelsCommand,
  inspectCommand,
  doctorCommand,
  artifactsBuildCommand,
  artifactsTrainCommand,
  artifactsExportCommand,
  artifactsInspectCommand,
];

/** The command that `args` begin with, some of which have names of two words. */
function commandOf(args: readonly string[]): Command | undefined {
  return COMMANDS.find(({ name }) => name.split(" ").every((word, at) => args[at] === word));
}

/** The commands whose names begin with the word, where they have more. */
function group(word: string | undefined): readonly Command[] {
  return COMMANDS.filter(({ name }) => name.startsWith(`${word} `));
}

/**
 * Runs the command line on `args`, such as `["predict", "model.onnx", "photo.jpg"]`, printing to
 * `streams`: by default stdout, and stderr for errors. Gives the exit status: 0 done, 1 failed,
 * 2 wrong arguments. Never throws.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { main } from "@graft/graft/cli";
 *
 * assertEquals(await main(["models"]), 0);
 * assertEquals(await main(["modles"]), 2);
 * ```
 */
export async function main(
  args: readonly string[],
  streams: Streams = PROCESS_STREAMS,
): Promise<number> {
  const [name, ...rest] = args;
  try {
    const command = commandOf(args);
    if (command) return await run(command, args.slice(command.name.split(" ").length), streams);
    if (group(name).length > 0 && ["--help", "-h", "help"].includes(rest[0] ?? "")) {
      streams.out(generalHelp(group(name)));
      return 0;
    }
    if (name === undefined || name === "--help" || name === "-h" || name === "help") {
      const topic = commandOf(rest);
      const listed = group(rest[0]);
      streams.out(topic ? commandHelp(topic) : generalHelp(listed.length > 0 ? listed : COMMANDS));
      return name === undefined ? 2 : 0;
    }
    throw new UsageError(unknownCommand(name, rest[0]));
  } catch (error) {
    streams.err(errorText(error, args.includes("--debug")));
    if (args.includes("--json")) streams.out(JSON.stringify({ error: messageOf(error) }));
    return error instanceof UsageError ? 2 : 1;
  }
}

async function run(command: Command, args: readonly string[], streams: Streams): Promise<number> {
  const values = parse(command, args);
  if (values.flag("help")) {
    streams.out(commandHelp(command));
    return 0;
  }
  const json = values.flag("json");
  const result = await command.run(
    values,
    outputTo(streams, { json, quiet: values.flag("quiet") }),
  );
  if (json) streams.out(JSON.stringify(result.json));
  return result.status ?? 0;
}

function unknownCommand(name: string, second = ""): string {
  const words = group(name).map((command) => command.name.split(" ")[1]!);
  if (words.length > 0) {
    const near = nearest(second, words);
    return second === ""
      ? `${name} needs ${words.join(", ")}`
      : `${name} has no "${second}"; ${
        near ? `did you mean "${near}"?` : `there are ${words.join(", ")}`
      }`;
  }
  const names = COMMANDS.map((command) => command.name);
  const near = nearest(name, names);
  return `There is no command "${name}"; ` +
    (near ? `did you mean "${near}"?` : `there are ${names.join(", ")}`);
}

function errorText(error: unknown, debug: boolean): string {
  if (debug && error instanceof Error) return Deno.inspect(error);
  return `error: ${messageOf(error)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
