/**
 * Kills training runs at random moments and lets them go on, until they are done, and compares what
 * comes out with runs that nobody killed: the model's bytes and the history.
 *
 *     deno run -A tests/train/kill_and_resume.ts --kills 50 [--seed 0]
 */
import { join } from "@std/path";
import { saveModel } from "../../src/onnx/save_model.ts";
import { type Rng, rng } from "../../src/tensor/rng.ts";
import { CASES, runCase, withoutTimes } from "./resume_cases.ts";

/** What came of killing runs. */
export interface Outcome {
  /** Processes that were killed. */
  kills: number;
  /** Runs that came to their end. */
  runs: number;
  /** Moments at which processes were killed. */
  moments: Record<string, number>;
  /** Runs that came out differently, in words. */
  problems: string[];
}

/** Moments at which a process kills itself, each with how many of them it lets pass at most. */
const MOMENTS: readonly (readonly [name: string, most: number])[] = [
  ["get", 25],
  ["step", 5],
  ["write", 4],
  ["sync", 4],
  ["rename", 6],
  ["link", 6],
];
/** Longest wait before a process is killed from outside, in milliseconds. */
const LONGEST_MS = 2500;

if (import.meta.main) {
  const [what, ...rest] = Deno.args;
  if (what === "--child") await child(rest as [string, string, string, string]);
  else await main();
}

async function main(): Promise<void> {
  const given = (name: string, otherwise: number) => {
    const at = Deno.args.indexOf(name);
    return at < 0 ? otherwise : Number(Deno.args[at + 1]);
  };
  const outcome = await killAndResume(given("--kills", 50), {
    seed: given("--seed", 0),
    say: console.error,
  });
  console.log(JSON.stringify(outcome, null, 2));
  Deno.exit(outcome.problems.length > 0 ? 1 : 0);
}

/** Runs the cases in turn, each killed a few times, until so many processes were killed. */
export async function killAndResume(
  kills: number,
  { seed, say = () => {} }: { readonly seed: number; readonly say?: (line: string) => void },
): Promise<Outcome> {
  const outcome: Outcome = { kills: 0, runs: 0, moments: {}, problems: [] };
  const names = Object.keys(CASES);
  const expected = new Map<string, string>();
  for (let trial = 0; outcome.kills < kills; trial++) {
    const name = names[trial % names.length]!;
    const random = rng("kills", seed, trial);
    const most = Math.min(kills - outcome.kills, 3 + random.integer(4));
    const folder = await Deno.makeTempDir();
    try {
      if (!expected.has(name)) {
        const whole = await runCase(CASES[name]!);
        expected.set(name, await resultText(join(folder, "whole.onnx"), whole));
      }
      const found = await oneRun(name, folder, { outcome, random, most });
      outcome.runs++;
      if (found !== expected.get(name)) outcome.problems.push(`${name}, run ${trial}: ${found}`);
      const left = await strays(join(folder, "run"));
      if (left.length > 0) outcome.problems.push(`${name}, run ${trial}: left ${left.join()}`);
      say(`${name}: ${outcome.kills} killed, ${outcome.problems.length} problems`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  return outcome;
}

interface Killing {
  readonly outcome: Outcome;
  readonly random: Rng;
  /** Times that this run is killed at most. */
  readonly most: number;
}

/** One run, killed a few times; what came out. */
async function oneRun(name: string, folder: string, killing: Killing): Promise<string> {
  const { outcome, random, most } = killing;
  const result = join(folder, "result");
  // All moments in turn, that of the clock twice.
  for (let killed = 0, which = outcome.kills;; which++) {
    const [moment, count] = MOMENTS[which % (MOMENTS.length + 2)] ?? ["time", LONGEST_MS];
    const at = killed < most ? `${moment}:${1 + random.integer(count)}` : "never";
    const status = await process(at, [name, join(folder, "run"), result, at]);
    if (status.success) return await Deno.readTextFile(result);
    if (status.signal !== "SIGKILL") throw new Error(`A run of ${name} failed by itself`);
    killed++;
    outcome.kills++;
    outcome.moments[moment] = (outcome.moments[moment] ?? 0) + 1;
  }
}

async function process(at: string, args: readonly string[]): Promise<Deno.CommandStatus> {
  const program = new URL(import.meta.url).pathname;
  const running = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", program, "--child", ...args],
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const [moment, count] = at.split(":");
  const timer = moment === "time" && setTimeout(() => running.kill("SIGKILL"), Number(count));
  const status = await running.status;
  if (timer) clearTimeout(timer);
  return status;
}

/** A run in a process of its own, which kills itself at a moment. */
async function child([name, folder, result, at]: readonly [string, string, string, string]) {
  const [moment, count] = at.split(":") as [string, string];
  let left = Number(count);
  const die = () => --left === 0 && Deno.kill(Deno.pid, "SIGKILL");
  const { model, train, ...rest } = CASES[name]!;
  const data = {
    ...train,
    prepare: (options: Parameters<NonNullable<typeof train.prepare>>[0]) => {
      const prepared = train.prepare!(options);
      const get = (index: number, epoch?: number) => {
        if (moment === "get") die();
        return prepared.get(index, epoch);
      };
      return { ...prepared, get };
    },
  };
  if (["write", "sync", "rename", "link"].includes(moment)) dieInFiles(moment, die);
  const onStep = () => void (moment === "step" && die());
  const found = await runCase({ model, train: data, ...rest }, folder, { callbacks: [{ onStep }] });
  const text = await resultText(`${result}.onnx`, found);
  left = 0;
  await Deno.writeTextFile(result, text);
}

/** Dies in the middle of writing a file, before it is synchronised, or before or after it gets a name. */
function dieInFiles(moment: string, die: () => void): void {
  const { write, sync } = Deno.FsFile.prototype;
  const { rename, link } = Deno;
  if (moment === "write") {
    Deno.FsFile.prototype.write = async function (bytes) {
      await write.call(this, bytes.subarray(0, bytes.length >> 1));
      die();
      return bytes.length >> 1;
    };
  }
  if (moment === "sync") {
    Deno.FsFile.prototype.sync = function () {
      die();
      return sync.call(this);
    };
  }
  const around = (move: typeof rename) => async (from: string | URL, to: string | URL) => {
    die();
    await move(from, to);
    die();
  };
  if (moment === "rename") Deno.rename = around(rename);
  if (moment === "link") Deno.link = around(link as typeof rename) as typeof link;
}

/** A result as text: the hash of the saved model, and the history. */
async function resultText(
  path: string,
  result: Awaited<ReturnType<typeof runCase>>,
): Promise<string> {
  await saveModel(result.model, path);
  const hash = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return JSON.stringify({ model: new Uint8Array(hash).toHex(), ...withoutTimes(result) as object });
}

/** Files that should not be among checkpoints. */
async function strays(folder: string): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  return names.filter((name) => !/^(checkpoint(-\d+)?|best)$/.test(name));
}
