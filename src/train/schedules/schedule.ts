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

/** What a schedule may know of an epoch that has ended. */
export interface EpochOutcome {
  /** Mean training loss. */
  readonly loss: number;
  /** Training accuracy; NaN where targets are not classes. */
  readonly accuracy: number;
  /** On the validation data, where there are any. */
  readonly validation?: { readonly loss: number; readonly accuracy: number };
}
