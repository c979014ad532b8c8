import type { Model } from "../../../src/onnx/model.ts";
import type { Callback } from "../../../src/train/callbacks/callback.ts";
import type { EpochRecord } from "../../../src/train/history.ts";

/** Steps of an epoch of `played`. */
export const STEPS = 3;

/** The record of an epoch: numbers that tell it from others. */
export function recordOf(epoch: number, validation = true): EpochRecord {
  return {
    epoch,
    loss: 1 / epoch,
    accuracy: epoch === 1 ? NaN : 1 - 1 / epoch,
    learningRate: 0.5 ** epoch,
    seconds: epoch,
    imagesPerSecond: 10 * epoch,
    ...(validation && { validation: { loss: 2 / epoch, accuracy: 0.25 } }),
  };
}

/** Plays a run to a callback: epochs `from + 1` to `to`, of which the last ends after `cut` steps. */
export async function played(
  callback: Callback,
  { from = 0, to, cut, model }: {
    readonly from?: number;
    readonly to: number;
    readonly cut?: number;
    readonly model?: Model;
  },
): Promise<void> {
  const about = { model: () => model!, weights: () => new Map(), stop() {} };
  const history = (epochs: number) => ({
    epochs: Array.from({ length: epochs }, (_, at) => recordOf(at + 1)),
  });
  const start = { epochs: to, stepsPerEpoch: STEPS, steps: from * STEPS, history: history(from) };
  await callback.onStart?.({ ...about, ...start });
  for (let epoch = from + 1; epoch <= to; epoch++) {
    for (let at = 1; at <= STEPS; at++) {
      const step = (epoch - 1) * STEPS + at;
      const numbers = { loss: 1 / step, learningRate: 0.125, count: 4 };
      await callback.onStep?.({ ...about, step, epoch, ...numbers });
      // The process ends here, without a word.
      if (epoch === to && at === cut) return;
    }
    await callback.onEpoch?.({ ...about, record: recordOf(epoch), history: history(epoch) });
  }
  await callback.onEnd?.({ ...about, history: history(to), use() {} });
}

/** Runs `body` with a folder that is removed afterwards. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
