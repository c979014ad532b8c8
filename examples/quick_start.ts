/**
 * Fine-tunes a published network to the classes of a folder, and saves it.
 *
 *     deno run -A examples/quick_start.ts TRAIN [VALIDATION] [BACKBONE] [OUT]
 *
 * TRAIN and VALIDATION hold a folder of pictures for each class. BACKBONE is a name of the registry,
 * a file or a URL; without it, `mobilenet_v2` is downloaded once.
 * Permissions: --allow-read --allow-write --allow-env --allow-ffi --allow-sys --allow-net
 */
import {
  adamW,
  evaluate,
  fit,
  freeze,
  imageFolder,
  loadBackbone,
  oneCycle,
  replaceHead,
  saveModel,
} from "../mod.ts";

const [folder, held, backbone = "mobilenet_v2", out = "out/model.onnx"] = Deno.args;
if (folder === undefined) {
  console.error("Usage: quick_start.ts TRAIN [VALIDATION] [BACKBONE] [OUT]");
  Deno.exit(2);
}

const train = await imageFolder(folder);
const model = replaceHead(freeze(await loadBackbone(backbone), "all"), { classes: train.classes! });
const { model: tuned } = await fit(model, train, {
  epochs: 5,
  optimizer: adamW({ learningRate: 1e-3, weightDecay: 0.01 }),
  schedule: oneCycle(),
});
await Deno.mkdir("out", { recursive: true });
await saveModel(tuned, out);
if (held !== undefined) {
  const report = await evaluate(tuned, await imageFolder(held, { classes: train.classes! }));
  console.log(`Accuracy on ${held}: ${(100 * report.accuracy).toFixed(1)} %`);
}
