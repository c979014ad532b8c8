import {
  adamW,
  crossEntropy,
  type Dataset,
  fit,
  linearDecay,
  type LossDefinition,
  type Model,
  warmUp,
} from "../../mod.ts";

/** How long and how fast a network learns. */
export interface Learning {
  /** Times through the texts. */
  readonly epochs: number;
  /** Learning rate at its highest. */
  readonly rate: number;
  /** Texts a step. */
  readonly batchSize: number;
  /** Seed. */
  readonly seed: number;
  /** Whether progress is not shown. */
  readonly quiet: boolean;
}

/** The model after it has guessed hidden words: the loss reads its second output. */
export async function guessing(model: Model, hidden: Dataset, how: Learning): Promise<Model> {
  const { losses } = crossEntropy({ ignoreIndex: -100 });
  const loss: LossDefinition = {
    name: "masked words",
    targets: "numbers",
    outputs: ["words"],
    losses: (g, _, target, context) => losses(g, context.output("words"), target, context),
  };
  const { model: fitted } = await fit(model, hidden, { ...optionsOf(how), loss });
  return fitted;
}

/** The model after it has learned the labels. */
export async function learnt(model: Model, dataset: Dataset, how: Learning): Promise<Model> {
  const loss = crossEntropy({ labelSmoothing: 0.1 });
  const { model: fitted } = await fit(model, dataset, { ...optionsOf(how), loss });
  return fitted;
}

/** The rate rises over the first tenth of the steps, then falls to 0 along a line. */
function optionsOf({ epochs, batchSize, rate, seed, quiet }: Learning) {
  return {
    epochs,
    batchSize,
    optimizer: adamW({ learningRate: rate, weightDecay: 0.01 }),
    schedule: warmUp(0.1, linearDecay()),
    clip: { norm: 1 },
    seed,
    verbose: !quiet,
  };
}
