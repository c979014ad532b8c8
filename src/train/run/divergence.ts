import type { Tensor } from "../../tensor/tensor.ts";
import { DivergenceError } from "../divergence_error.ts";
import type { History } from "../history.ts";
import { Trainer } from "../trainer.ts";
import { diagnose, type Finding, inParameters } from "./diagnose.ts";
import type { RunBatch, RunData } from "./run_data.ts";

/** Examples that a message names. */
const SHOWN = 6;

/** The last weights that are known to be good. */
export interface Good {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Epochs that had ended. */
  readonly epochs: number;
  /** Steps that were taken. */
  readonly steps: number;
}

/** What is known when numbers stop being finite. */
export interface DivergedAt {
  readonly good: Good;
  readonly history: History;
  /** The epoch; the first is 0. */
  readonly epoch: number;
  readonly learningRate: number;
  /** The loss, where it is that. */
  readonly loss?: number;
  /** The batch, where it is of one. */
  readonly batch?: RunBatch;
  /** The parameter whose gradient is not finite, where it is that. */
  readonly broken?: string;
}

/** The error for a loss or a parameter that is not finite; it runs the batch again to find out why. */
export async function divergenceError(
  trainer: Trainer,
  data: RunData,
  { good, history, epoch, learningRate, loss, batch, broken }: DivergedAt,
): Promise<DivergenceError> {
  const step = batch ? trainer.steps + 1 : trainer.steps;
  const suspect = batch && await data.examplesOf(batch, epoch);
  const finding: Finding = broken !== undefined
    ? { kind: "gradient", name: broken, text: `that of "${broken}" is the first` }
    : suspect
    ? await diagnose(trainer, await batch.program, { ...batch, ...suspect })
    : inParameters(trainer)!;
  const indices = suspect?.batch.indices ?? [];
  const names = suspect?.names ?? [];
  const what = broken !== undefined
    ? "The gradients were not finite"
    : loss === undefined
    ? "The weights were not finite"
    : `The loss became ${loss}`;
  const of = indices.length > 0 ? `, of ${examplesText(indices, names)}` : "";
  return new DivergenceError(
    `${what} in epoch ${epoch + 1}, step ${step}, at learning rate ${learningRate}${of}: ` +
      `${finding.text}. ${adviceFor(finding, trainer)}. The error's "model" has the weights of ` +
      goodText(good),
    Trainer.modelOf(trainer.model, good.tensors),
    history,
    { epoch: epoch + 1, step, indices, names, kind: finding.kind, name: finding.name },
  );
}

function examplesText(
  indices: readonly number[],
  names: readonly (string | undefined)[],
): string {
  const some = indices.slice(0, SHOWN).map((index, row) =>
    names[row] === undefined ? `${index}` : `"${names[row]}"`
  );
  const more = indices.length > SHOWN ? ` and ${indices.length - SHOWN} more` : "";
  return `example${indices.length > 1 ? "s" : ""} ${some.join(", ")}${more}`;
}

function adviceFor({ kind }: Finding, { settings }: Trainer): string {
  switch (kind) {
    case "input":
    case "target":
    case "weight":
      return "Mend the data";
    default:
      return settings.precision === "float16"
        ? 'Try a tenth of it, or precision: "float32": numbers of float16 end at 65504'
        : "Try a tenth of it";
  }
}

function goodText({ epochs, steps }: Good): string {
  if (steps === 0) return "the start";
  return epochs > 0 ? `epoch ${epochs}, step ${steps}` : `step ${steps}`;
}
