import { join } from "@std/path";
import { replaceFile } from "../../../onnx/replace_file.ts";
import { encodeEvent, stepOf, type SummaryValue } from "./event.ts";
import { framed, records } from "./records.ts";

/** Names of event files as Graft writes them; TensorBoard looks for `tfevents`. */
const OURS = /^events\.out\.tfevents\.\d+\.graft\.\d+$/;

/** Bytes and milliseconds after which what is kept back is written. */
const MOST_BYTES = 1 << 14;
const MOST_MS = 1000;

/** Writes the event file of one run: what TensorBoard shows as one line of a chart. */
export class EventFile {
  #path: string | undefined;
  #kept: Uint8Array[] = [];
  #bytes = 0;
  #written = 0;
  #startsAfter: number | undefined;

  /** Writes into `folder`; `now` is the time in milliseconds. */
  constructor(readonly folder: string, readonly now: () => number = Date.now) {}

  /**
   * Begins after `steps` steps, once there is something to add: what earlier files say of later ones
   * is dropped then. A phase that is over and done adds nothing.
   */
  start(steps: number): void {
    this.#startsAfter = steps;
  }

  /** Adds values by tag. */
  async add(step: number, values: Readonly<Record<string, SummaryValue>>): Promise<void> {
    await this.#begin();
    await this.#add({ step, values });
    if (this.#bytes > MOST_BYTES || this.now() - this.#written > MOST_MS) await this.flush();
  }

  /** Writes what was kept back. */
  async flush(): Promise<void> {
    if (this.#kept.length === 0) return;
    const bytes = await new Blob(this.#kept as BlobPart[]).bytes();
    this.#kept = [];
    this.#bytes = 0;
    this.#written = this.now();
    await Deno.writeFile(this.#path!, bytes, { append: true });
  }

  async #begin(): Promise<void> {
    const steps = this.#startsAfter;
    if (steps === undefined) return;
    this.#startsAfter = undefined;
    await this.flush();
    this.#path = undefined;
    for (const path of await eventFiles(this.folder)) await cutAfter(path, steps);
    // One that reads along has the dropped steps in memory: this tells it to forget them.
    if (steps > 0) await this.#add({ step: steps + 1, starts: true });
  }

  async #add(event: Omit<Parameters<typeof encodeEvent>[0], "wallTime">): Promise<void> {
    const wallTime = this.now() / 1000;
    if (this.#path === undefined) {
      await Deno.mkdir(this.folder, { recursive: true });
      this.#path = await freshPath(this.folder, Math.floor(wallTime));
      this.#written = this.now();
      this.#keep(encodeEvent({ wallTime, step: 0, fileVersion: "brain.Event:2" }));
    }
    this.#keep(encodeEvent({ wallTime, ...event }));
  }

  #keep(event: Uint8Array): void {
    const frame = framed(event);
    this.#kept.push(frame);
    this.#bytes += frame.length;
  }
}

async function eventFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) if (OURS.test(name)) found.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort().map((name) => join(folder, name));
}

/** Drops the events of an event file that come after `steps` steps; all of them where it is 0. */
async function cutAfter(path: string, steps: number): Promise<void> {
  if (steps === 0) return await Deno.remove(path);
  const before = await Deno.readFile(path);
  const kept = [...records(before)].filter((event) => stepOf(event) <= steps).map(framed);
  const bytes = kept.reduce((sum, frame) => sum + frame.length, 0);
  if (bytes < before.length) await replaceFile(path, kept);
}

/** A name that sorts after those of earlier files. */
async function freshPath(folder: string, seconds: number): Promise<string> {
  const taken = new Set(await eventFiles(folder));
  for (let number = 0;; number++) {
    const path = join(folder, `events.out.tfevents.${seconds}.graft.${number}`);
    if (!taken.has(path)) return path;
  }
}
