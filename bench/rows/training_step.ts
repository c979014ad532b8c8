import type { Model } from "../../mod.ts";
import { median, stepTimes } from "../steps.ts";
import type { Row } from "./row.ts";

/** Milliseconds of a step that trains all of a network. */
export function trainingStep(name: string, options: {
  readonly model: () => Model;
  readonly batchSize: number;
  /** Steps that are timed. @default {5} */
  readonly steps?: number;
  /** @default {1} */
  readonly bound?: number;
}): Row {
  const { model, bound = 1, ...timing } = options;
  return {
    unit: "ms",
    measure: async () => median(await stepTimes(model(), timing)),
    lines: [{ label: name, bound }],
  };
}
