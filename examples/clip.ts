/**
 * Pictures and their captions, in three steps: two towers learn together which caption belongs to a
 * picture (CLIP); then captions alone tell things apart that were never shown (zero-shot); then a few
 * labelled pictures help, first by a linear probe, then by fine-tuning the image tower.
 *
 *     deno run -A examples/clip.ts [--seed 0] [--epochs 30] [--shots 4] [--quiet]
 *
 * The pictures are drawn: four shapes in four colours, of which four pairs are held out of the first
 * step. Takes about a minute on two cores.
 *
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys
 */
import {
  adamW,
  arrays,
  evaluate,
  extractFeatures,
  fit,
  freeze,
  type Model,
  oneCycle,
  type Tensor,
} from "../mod.ts";
import { clip, clipLoss, clipTowers, zeroShot } from "../models/clip.ts";
import { captionsOf, HELD_OUT, SEEN, shapes, SIZE_PX, tokensOf, WORDS } from "./clip/shapes.ts";
import { type Findings, main, percent, type Row } from "./shared/program.ts";

const TOWER = { layers: 2, hidden: 48, heads: 4, embedding: 24 };

await main({
  name: "clip",
  options: { epochs: "30", "per-class": "60", shots: "4" },
  async run({ seed, quiet }, own): Promise<Findings> {
    const shots = Number(own.shots);
    const paired = shapes({
      labels: SEEN,
      perClass: Number(own["per-class"]),
      seed,
      captions: true,
    });
    const both = clip({
      image: { ...TOWER, sizePx: SIZE_PX, patchPx: 6, seed },
      text: { ...TOWER, vocabulary: WORDS.length, maxPositions: 4, seed },
    });
    const { model: learned } = await fit(both, paired, {
      epochs: Number(own.epochs),
      batchSize: 48,
      loss: clipLoss(),
      optimizer: adamW({ learningRate: 3e-3, weightDecay: 0.05 }),
      schedule: oneCycle(),
      seed,
      verbose: !quiet,
    });
    const { image, text } = clipTowers(learned);
    const named = async (labels: readonly number[]) =>
      zeroShot(image, await embedded(text, labels), { classes: captionsOf(labels), scale: 14 });
    const [known, fresh] = [await named(SEEN), await named(HELD_OUT)];

    const few = shapes({ labels: HELD_OUT, perClass: shots, seed: seed + 1 });
    const tuning = { epochs: 40, batchSize: 16, seed, verbose: false } as const;
    const probe = await fit(freeze(fresh, "backbone"), few, {
      ...tuning,
      optimizer: adamW({ learningRate: 1e-2 }),
    });
    const tuned = await fit(fresh, few, { ...tuning, optimizer: adamW({ learningRate: 5e-4 }) });
    const row = async (name: string, model: Model, labels: readonly number[]): Promise<Row> => {
      const data = shapes({ labels, perClass: 60, seed: seed + 2 });
      const { accuracy } = await evaluate(model, data, { verbose: false });
      return { name, figures: { classes: `${labels.length}`, right: percent(accuracy!) } };
    };
    const pictures = `${shots} pictures of each`;
    return {
      title: "Captions as classes",
      summary: `Two small towers learned ${SEEN.length} captions from drawn pictures. ` +
        `${HELD_OUT.length} more captions are of colours and shapes that never came together.`,
      rows: [
        await row("zero-shot, captions it learned", known, SEEN),
        await row("zero-shot, captions it never had", fresh, HELD_OUT),
        await row(`linear probe, ${pictures}`, probe.model, HELD_OUT),
        await row(`fine-tuned tower, ${pictures}`, tuned.model, HELD_OUT),
      ],
    };
  },
});

/** What the text tower makes of captions. */
async function embedded(text: Model, labels: readonly number[]): Promise<Tensor> {
  const captions = arrays({ inputs: tokensOf(labels) });
  const { data, shape } = await extractFeatures(text, captions, {
    layer: "text_embeds",
    verbose: false,
  });
  return { type: "float32", dims: shape, data: Float32Array.from(data) };
}
