import { join } from "@std/path";
import type { CheckpointPolicy } from "../../train/checkpoint_policy.ts";
import type { FineTunePhase } from "./phase.ts";

/** Where the checkpoints of a phase go: a folder in that of the plan. */
export function phaseCheckpoint(
  checkpoint: string | CheckpointPolicy,
  index: number,
): CheckpointPolicy {
  const policy = typeof checkpoint === "string" ? { folder: checkpoint } : checkpoint;
  return { ...policy, folder: join(policy.folder, `phase-${index + 1}`) };
}

/**
 * Keeps the epochs of a plan beside its checkpoints. Throws `RangeError` where those there are of a plan
 * whose earlier phases had other epochs: the later ones went on from their weights.
 */
export async function keepPlan(folder: string, plan: readonly FineTunePhase[]): Promise<void> {
  const path = join(folder, "plan.json");
  const epochs = plan.map((phase) => phase.epochs);
  const kept = await readEpochs(path);
  if (kept) {
    const differs = kept.length !== epochs.length ||
      kept.slice(0, -1).some((count, index) => count !== epochs[index]);
    if (!differs) return;
    throw new RangeError(
      `The checkpoints in "${folder}" are of another plan, with phases of ${
        kept.join(", ")
      } epochs; ` +
        `found ${epochs.join(", ")}. Give another folder, or remove it to start anew`,
    );
  }
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${path}.part`, JSON.stringify({ epochs }));
  await Deno.rename(`${path}.part`, path);
}

async function readEpochs(path: string): Promise<readonly number[] | undefined> {
  try {
    return (JSON.parse(await Deno.readTextFile(path)) as { epochs: readonly number[] }).epochs;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
