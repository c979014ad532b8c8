import { checkWritable } from "../../onnx/save_model.ts";
import { readOptimizerModel } from "../../artifacts/read/optimizer_model.ts";
import { loadArtifacts } from "../../train/artifacts/load_artifacts.ts";
import { saveArtifacts } from "../../train/artifacts/save_artifacts.ts";
import { updateArtifacts } from "../../train/artifacts/update_artifacts.ts";
import { fit } from "../../train/fit.ts";
import { adamW } from "../../train/optimizers/adamw.ts";
import { sgd } from "../../train/optimizers/sgd.ts";
import type { Artifacts } from "../../train/artifacts/artifacts.ts";
import type { Command } from "../command.ts";
import { device, present, readFolder, skippedFiles, warnSkipped } from "../common.ts";
import { BATCH_SIZE, DEVICE, ON_UNREADABLE } from "../option.ts";
import { plural } from "../table.ts";

/** `artifacts train`: trains artifacts on a folder of pictures. */
export const artifactsTrainCommand: Command = {
  name: "artifacts train",
  summary: "train such files on a folder of pictures, one folder a class",
  positionals: ["DIR", "PICTURES"],
  options: [
    { name: "epochs", kind: "integer", value: "N", least: 1, otherwise: "5", help: "passes" },
    {
      name: "lr",
      kind: "number",
      value: "X",
      above: 0,
      otherwise: "what the checkpoint says, else 0.001",
      help: "learning rate",
    },
    { ...BATCH_SIZE, help: "pictures a step" },
    {
      name: "seed",
      kind: "integer",
      value: "N",
      least: 0,
      otherwise: "0",
      help: "seed of the order of the pictures and of dropout",
    },
    { name: "out", kind: "text", value: "DIR", otherwise: "DIR", help: "where the result goes" },
    DEVICE,
    ON_UNREADABLE,
  ],
  examples: ["artifacts train artifacts/ pictures/ --epochs 3"],
  notes:
    "What is trained the files in DIR say; so do the settings of AdamW or plain descent, clipping " +
    "left out. The loss is cross-entropy. The checkpoint is replaced.",
  async run(values, output) {
    const [folder, pictures] = values.positionals as [string, string];
    const out = values.text("out") ?? folder;
    const artifacts = await loadArtifacts(folder);
    await Deno.mkdir(out, { recursive: true });
    await checkWritable(`${out}/checkpoint`);
    const data = await readFolder(pictures, values, artifacts.classes);
    const { model, history } = await fit(artifacts, data, {
      ...present("epochs", values.number("epochs")),
      ...present("batchSize", values.number("batch-size")),
      ...present("seed", values.number("seed")),
      ...device(values),
      optimizer: await optimizerOf(artifacts, values.number("lr")),
      verbose: output.verbose,
    });
    await saveArtifacts(updateArtifacts(artifacts, model), out);
    const last = history.epochs.at(-1)!;
    output.line(
      `${plural(history.epochs.length, "epoch")}: loss ${last.loss.toFixed(4)}, accuracy ` +
        `${(100 * last.accuracy).toFixed(1)} %`,
    );
    output.line(`wrote ${out}`);
    warnSkipped([data], output);
    return { json: { out, epochs: history.epochs, skipped: skippedFiles([data]) } };
  },
};

/** The optimizer that the artifacts hold, as far as `fit` has the same. */
async function optimizerOf({ optimizer, checkpoint }: Artifacts, rate: number | undefined) {
  const known = checkpoint.properties.get("learning_rate");
  const learningRate = rate ?? (typeof known === "number" ? known : 1e-3);
  const update = optimizer && (await readOptimizerModel(optimizer)).update;
  if (update?.kind === "sgd") return sgd({ learningRate });
  if (update?.kind !== "adamW") return adamW({ learningRate });
  const { alpha: beta1, beta: beta2, epsilon, weightDecay } = update;
  return adamW({ learningRate, beta1, beta2, epsilon, weightDecay });
}
