/**
 * How the learning rate changes: what it is multiplied by at `step` (the first is 0) of `totalSteps`.
 * `stepsPerEpoch` is for schedules that count epochs.
 */
export type Schedule = (step: number, totalSteps: number, stepsPerEpoch: number) => number;
