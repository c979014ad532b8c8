import { loadBackbone } from "../../../models/load_backbone.ts";
import { plotLearningRates } from "../../report/plots/plot_learning_rates.ts";
import { lrFind } from "../../workflow/lr_find.ts";
import { chartFile } from "../chart_file.ts";
import type { Command } from "../command.ts";
import { device, present, skippedFiles } from "../common.ts";
import { readData } from "../fine_tune/data.ts";
import { prepareModel } from "../fine_tune/model.ts";
import { FINE_TUNE_OPTIONS } from "../fine_tune/options.ts";
import { recipe } from "../fine_tune/recipe.ts";
import { optimizerOf } from "../fine_tune/train.ts";
import { table } from "../table.ts";
import { UsageError } from "../usage_error.ts";

const SHARED = [
  ...["backbone", "train", "batch-size", "optimizer", "weight-decay", "augment", "device", "seed"],
  "on-unreadable",
];

/** `lr-find`: a learning rate for `fine-tune`. */
export const lrFindCommand: Command = {
  name: "lr-find",
  summary: "look for a learning rate for fine-tune, which would be given the same arguments",
  positionals: ["DIR"],
  options: [
    ...FINE_TUNE_OPTIONS.filter(({ name }) => SHARED.includes(name)),
    {
      name: "steps",
      kind: "integer",
      value: "N",
      least: 20,
      otherwise: "100",
      help: "steps, each with a higher learning rate",
    },
    {
      name: "out",
      kind: "text",
      value: "FILE",
      help: "where a chart of the losses goes, .svg or .png",
    },
  ],
  examples: ["lr-find pictures/ --backbone mobilenet_v2 --train all --out rates.svg"],
  notes:
    "Trains a copy of the network for some steps at rates from 1e-7 to 10 and follows the loss. " +
    '"valley" is the usual choice for --lr: the middle of the longest fall.',
  async run(values, output) {
    const out = await chartFile(values, "out");
    const data = await readData(values.positionals[0]!, values);
    const seed = values.number("seed") ?? 0;
    const train = values.text("train") ?? "head";
    const source = values.text("backbone") ?? "mobilenet_v2";
    const backbone = await loadBackbone(source, { verbose: output.verbose });
    const { model, isNewHead } = prepareModel(backbone, data.classes, { train, seed });
    const chosen = recipe(values, isNewHead);
    const { batchSize, augment } = chosen;
    if (batchSize === "auto") throw new UsageError("--batch-size must be a number for lr-find");
    const found = await lrFind(model, data.train, {
      batchSize,
      augment,
      optimizer: optimizerOf(chosen),
      ...device(values),
      ...present("steps", values.number("steps")),
      seed,
      verbose: output.verbose,
    });
    const { learningRates, losses, suggestion } = found;
    output.line(table([
      ["suggestion", "learning rate"],
      ...Object.entries(suggestion).map(([name, rate]) => [name, rate.toExponential(1)]),
    ]));
    if (out !== undefined) {
      await (await plotLearningRates(found)).save(out);
      output.line(`wrote ${out}`);
    }
    return {
      json: {
        model: model.name,
        suggestion,
        learningRates,
        losses,
        ...present("out", out),
        skipped: skippedFiles(data.folders),
      },
    };
  },
};
