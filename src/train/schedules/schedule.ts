import type { EpochOutcome } from "../history.ts";

/**
 * How the learning rate changes: what it is multiplied by at `step` (the first is 0) of `totalSteps`.
 * `stepsPerEpoch` is for schedules that count epochs, `history` for those that follow the results:
 * the epochs that have ended, first to last. Equal arguments must give equal factors: a run that
 * resumes asks again.
 */
export type Schedule = (
  step: number,
  totalSteps: number,
  stepsPerEpoch: number,
  history?: readonly EpochOutcome[],
) => number;
