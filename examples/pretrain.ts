/**
 * Trains the small network of the demo from random weights on drawn letters, and writes it to
 * `models/glyphs.onnx`. Takes a few minutes on two cores.
 *
 *     deno run -A examples/pretrain.ts [--epochs 6] [--per-class 300] [--out models/glyphs.onnx]
 *
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys
 */
import { parseArgs } from "node:util";
import { adamW, evaluate, fit, oneCycle, saveModel } from "../mod.ts";
import { glyphNet } from "../models/glyph_net.ts";
import { drawnGlyphs } from "../models/glyphs/drawn_glyphs.ts";

const { values: args } = parseArgs({
  args: Deno.args,
  options: {
    epochs: { type: "string", default: "6" },
    "per-class": { type: "string", default: "300" },
    out: { type: "string", default: "models/glyphs.onnx" },
  },
});
const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const train = drawnGlyphs({ characters: letters, perClass: Number(args["per-class"]), seed: 1 });
const valid = drawnGlyphs({ characters: letters, perClass: 20, seed: 2 });

const { model } = await fit(glyphNet({ classes: letters, seed: 0 }), train, {
  validation: valid,
  epochs: Number(args.epochs),
  batchSize: 64,
  optimizer: adamW({ learningRate: 4e-3, weightDecay: 0.02 }),
  schedule: oneCycle(),
  seed: 0,
});
const { accuracy } = await evaluate(model, valid);
console.log(`Accuracy on ${valid.length} new letters: ${(100 * accuracy).toFixed(1)} %`);
await saveModel(model, args.out);
