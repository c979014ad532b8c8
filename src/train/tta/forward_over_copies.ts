import type { Model } from "../../onnx/model.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Forward } from "../forward.ts";
import { batches, type HostBatch } from "../loader.ts";
import { prepared } from "../prepare.ts";
import { meanAnswer, type OutputKind } from "./mean_answer.ts";
import { type TestTimeAugmentation, ttaPlan } from "./tta_options.ts";

/** What answers are averaged of. */
export interface CopiesOf {
  readonly model: Model;
  /** The data as they were given. */
  readonly dataset: Dataset;
  /** What the outputs of a batch are. */
  readonly kindOf: (batch: HostBatch) => OutputKind;
}

/**
 * A forward pass whose first output is the mean over each example and augmented copies of it. Without
 * `tta` it is `forward` itself. Throws `TypeError` for data without pictures, and for outputs that are
 * not `[N, C]`: those of parts of a picture would have to be moved back first.
 */
export function forwardOverCopies(
  forward: Forward,
  tta: TestTimeAugmentation | undefined,
  { model, dataset, kindOf }: CopiesOf,
): Forward {
  if (tta === undefined) return forward;
  const { copies, plainShare, seed } = ttaPlan(tta);
  const shares = [plainShare, ...copies.map(() => (1 - plainShare) / copies.length)];
  const changed = copies.map(({ augment, draw }) => ({
    draw,
    data: prepared(dataset, model, "The data set", { augment, seed }),
  }));
  return {
    async run(batch) {
      const plain = await forward.run(batch);
      const [name, first] = Object.entries(plain)[0]!;
      if (first.dims.length !== 2) {
        throw new TypeError(
          `Test-time augmentation needs a model with one answer an example, [N, C]; the output ` +
            `"${name}" is [${first.dims}]`,
        );
      }
      const answers: Tensor[] = [first];
      for (const { data, draw } of changed) {
        const copy = await copyOf(data, batch, draw);
        answers.push((await forward.run(copy))[name]!);
      }
      return { ...plain, [name]: meanAnswer(answers, shares, kindOf(batch)) };
    },
    release: () => forward.release(),
  };
}

/** The same examples as in a batch, changed. */
async function copyOf(data: Dataset, { indices, count }: HostBatch, draw: number) {
  const options = { batchSize: count, order: indices, epoch: draw, pad: false };
  for await (const batch of batches(data, options)) {
    if (batch.count === count) return batch;
  }
  throw new RangeError("A picture that could be read before cannot be read again");
}
