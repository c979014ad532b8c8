import type { Graph } from "../../onnx/graph.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import type { FitSettings } from "../fit_options.ts";
import type { Program } from "../program.ts";
import { stderrProgress } from "../progress.ts";
import { featureFile } from "./feature_key.ts";
import type { FeatureTable } from "./feature_table.ts";
import { fillTable } from "./fill_table.ts";

/** How features of data sets are computed and kept. */
export interface Filling {
  readonly settings: FitSettings;
  /** Number of classes, to check targets. */
  readonly classCount: number | undefined;
  /** The program for a data set's examples. */
  program(dataset: Dataset): Promise<Program>;
  /** The frozen part of the model in a form that does not depend on the batch size. */
  frozen(dataset: Dataset): Promise<Graph | undefined>;
}

/** What the frozen part makes of the data of a run, computed once where it is the same every epoch. */
export class FeatureTables {
  /** Features of the training examples, by the copies that epochs take in turn. */
  readonly #train: FeatureTable[] = [];
  #validation: FeatureTable | undefined;

  /** Features of the validation examples. */
  get validation(): FeatureTable | undefined {
    return this.#validation;
  }

  /** The training features that an epoch takes. */
  ofEpoch(epoch: number): FeatureTable | undefined {
    return this.#train[epoch % this.#train.length];
  }

  /** Which draw of random changes those are of. */
  drawOf(epoch: number): number {
    return epoch % this.#train.length;
  }

  /** Computes them, or reads those of an earlier run. Throws the signal's reason where it aborts. */
  async fill(train: Dataset, validation: Dataset | undefined, filling: Filling): Promise<void> {
    const { augment, cacheCopies, mix } = filling.settings;
    const isPlain = augment === "none" || Array.isArray(augment) && augment.length === 0;
    const isSteady = isPlain && !train.changing;
    // Mixtures are new each step, and what streams by does not come again.
    const copies = mix || train.sequential ? 0 : isSteady ? 1 : cacheCopies;
    for (let copy = 0; copy < copies; copy++) {
      const what = copies === 1 ? "features" : `features ${copy + 1}/${copies}`;
      const table = await tableOf(train, filling, { what, copy, share: 1 / copies });
      if (!table) break;
      this.#train.push(table);
    }
    if (validation) {
      const options = { what: "validation", copy: 0, share: 1 };
      this.#validation = await tableOf(validation, filling, options);
    }
  }

  /** Gives up what they hold. */
  close(): void {
    for (const table of [...this.#train, this.#validation]) table?.close();
  }
}

async function tableOf(
  dataset: Dataset,
  { settings, classCount, program: programOf, frozen }: Filling,
  { what, copy, share }: {
    readonly what: string;
    readonly copy: number;
    /** Part of the memory that it may take. */
    readonly share: number;
  },
): Promise<FeatureTable | undefined> {
  const { batchSize, cacheBytes, cacheFolder, verbose, signal } = settings;
  const progress = stderrProgress(verbose, what);
  const program = await programOf(dataset);
  if (!program.hasFrozenPart) return undefined;
  try {
    return await fillTable(dataset, (batch) => program.features(batch.inputs), {
      batchSize,
      classCount,
      epoch: copy,
      memoryBytes: cacheBytes * share,
      names: program.featureNames,
      file: await featureFile(cacheFolder, () => frozen(dataset), dataset, copy),
      progress: (done) => {
        signal?.throwIfAborted();
        progress.at(done, dataset.length);
      },
    });
  } finally {
    progress.done();
  }
}
