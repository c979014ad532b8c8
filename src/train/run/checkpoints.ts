import { join } from "@std/path";
import { isBetter, modeOf, monitored } from "../callbacks/monitor.ts";
import { CHECKPOINT, type Checkpoint, readCheckpoint, writeCheckpoint } from "../checkpoint.ts";
import { alsoAs, exists, removeCheckpoint } from "../checkpoint_files.ts";
import type { CheckpointPolicy } from "../checkpoint_policy.ts";
import type { EpochRecord } from "../history.ts";

/** The name of the checkpoint of the best epoch. */
export const BEST = "best";
const EARLIER = /^checkpoint-(\d+)$/;

/** The name of an earlier checkpoint. */
export function earlierName(steps: number): string {
  return `${CHECKPOINT}-${String(steps).padStart(6, "0")}`;
}

/** The checkpoints of a run, in a folder. */
export class Checkpoints {
  /** What the best epoch so far came to, by the policy's monitor. */
  best: number | undefined;
  readonly policy: CheckpointPolicy;
  #savedAt = performance.now();
  /** Steps at which the newest one was written. */
  #steps: number | undefined;

  constructor(policy: string | CheckpointPolicy) {
    this.policy = typeof policy === "string" ? { folder: policy } : policy;
  }

  /** The newest one, where there is one. Throws `SyntaxError` where it is damaged. */
  async read(): Promise<Checkpoint | undefined> {
    return await readCheckpoint(this.policy.folder);
  }

  /** Says at which step the run goes on. */
  resumedAt(steps: number): void {
    this.#steps = steps;
  }

  /** Whether one is to be written between epochs, when `steps` are taken. */
  isDue(steps: number): boolean {
    const { everySteps, everySeconds } = this.policy;
    return everySteps !== undefined && steps % everySteps === 0 ||
      everySeconds !== undefined && performance.now() - this.#savedAt >= 1000 * everySeconds;
  }

  /** Takes note of an epoch's numbers; true where it is the best so far. */
  isBest(record: EpochRecord): boolean {
    const { keepBest } = this.policy;
    if (!keepBest) return false;
    const { monitor, mode = modeOf(monitor) } = keepBest;
    const value = monitored(record, monitor, 'fit(): option "checkpoint.keepBest.monitor"');
    if (!isBetter(value, this.best, { mode })) return false;
    this.best = value;
    return true;
  }

  /**
   * Writes one. The best comes first: where the process ends in between, the run goes on from before
   * and writes it again.
   */
  async write(checkpoint: Checkpoint, { isBest }: { readonly isBest: boolean }): Promise<void> {
    const { folder, keepLast = 1 } = this.policy;
    const [newest, best] = [CHECKPOINT, BEST].map((name) => join(folder, name)) as [string, string];
    if (keepLast > 1) await this.#keepNewest(newest);
    if (isBest) await writeCheckpoint(folder, checkpoint, { name: BEST });
    const isPair = await exists(`${best}.data`);
    if (isBest && !isPair) await alsoAs(best, newest);
    else await writeCheckpoint(folder, checkpoint);
    this.#steps = checkpoint.steps;
    await this.#removeOld();
    this.#savedAt = performance.now();
  }

  /** Gives the newest a name of its own, by its steps. */
  async #keepNewest(newest: string): Promise<void> {
    if (this.#steps === undefined || !await exists(newest)) return;
    await alsoAs(newest, join(this.policy.folder, earlierName(this.#steps)));
  }

  /** Removes earlier ones but for the last few, and those of a run that was started anew since. */
  async #removeOld(): Promise<void> {
    const { folder, keepLast } = this.policy;
    if (keepLast === undefined) return;
    const found: { path: string; steps: number }[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      const steps = EARLIER.exec(name)?.[1];
      if (steps !== undefined) found.push({ path: join(folder, name), steps: Number(steps) });
    }
    const isOld = ({ steps }: { steps: number }) => steps < this.#steps!;
    const kept = new Set(
      found.filter(isOld).sort((a, b) => b.steps - a.steps).slice(0, keepLast - 1),
    );
    for (const one of found) if (!kept.has(one)) await removeCheckpoint(one.path);
  }
}
