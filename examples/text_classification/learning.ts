import {
  adamW,
  crossEntropy,
  type Dataset,
  fit,
  linearDecay,
  type LossDefinition,
  maskedWords,
  type MaskedWordsOptions,
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
  const loss = evenly(crossEntropy({ labelSmoothing: 0.1 }));
  const { model: fitted } = await fit(model, dataset, { ...optionsOf(how), loss });
  return fitted;
}

/**
 * A loss under which a class is not preferred because more texts have it: while the network learns, the
 * logarithm of each class's share is added to its scores, so that they need not carry it (Menon et al.
 * 2021, "Long-tail learning via logit adjustment").
 */
function evenly(loss: LossDefinition): LossDefinition {
  return {
    ...loss,
    withCounts: (counts) => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      const shares = counts.map((count) => Math.log(Math.max(count, 1) / total));
      const row = {
        type: "float32",
        dims: [1, shares.length],
        data: Float32Array.from(shares),
      } as const;
      return {
        ...loss,
        settings: { ...loss.settings, shares },
        losses: (g, output, target, context) => {
          const known = g.constant(row);
          return loss.losses(g, context.training ? g.add(output, known) : output, target, context);
        },
      };
    },
  };
}

/**
 * The texts with some words hidden, others in every epoch, so that no text is learned by heart; their
 * labels stay. What hides words to be guessed serves here too.
 */
export function withHidden(dataset: Dataset, options: MaskedWordsOptions): Dataset {
  const hidden = maskedWords(dataset, options);
  return {
    ...dataset,
    changing: true,
    async get(index, epoch = 0) {
      const [plain, covered] = [await dataset.get(index, epoch), await hidden.get(index, epoch)];
      return plain && { ...plain, inputs: covered!.inputs! };
    },
    async fingerprint() {
      const content = await hidden.fingerprint?.();
      return content && `labels of\n${content}`;
    },
  };
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
