import type { EpochRecord } from "./fit_options.ts";

/** Two spaces and an accuracy; nothing where there is none. */
export function accuracyText(accuracy: number): string {
  return Number.isNaN(accuracy) ? "" : `  accuracy ${(100 * accuracy).toFixed(1)} %`;
}

/** What an epoch came to, in one line. */
export function epochLine(record: EpochRecord, epochs: number): string {
  const { validation, lossScale, skippedSteps = 0 } = record;
  const held = validation
    ? `  validation loss ${validation.loss.toFixed(4)}${accuracyText(validation.accuracy)}`
    : "";
  const scaled = lossScale === undefined ? "" : `  loss scale ${lossScale}`;
  const skipped = skippedSteps === 0 ? "" : `  ${skippedSteps} skipped`;
  return `epoch ${record.epoch}/${epochs}  loss ${record.loss.toFixed(4)}` +
    `${accuracyText(record.accuracy)}${held}${scaled}${skipped}  ${
      record.imagesPerSecond.toFixed(0)
    }/s  ` +
    `${record.seconds.toFixed(1)} s`;
}
