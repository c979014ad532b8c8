import { loadBackbone } from "../../../models/load_backbone.ts";
import { evaluate } from "../../train/evaluate.ts";
import type { Command } from "../command.ts";
import { device, present, readFolder, skippedFiles, warnSkipped } from "../common.ts";
import { BATCH_SIZE, DEVICE, ON_UNREADABLE, TTA } from "../option.ts";
import { reportText } from "../report.ts";

/** `evaluate`: how good a model is on a folder of pictures. */
export const evaluateCommand: Command = {
  name: "evaluate",
  summary: "measure a model on a folder of pictures, one folder a class",
  positionals: ["MODEL", "DIR"],
  options: [BATCH_SIZE, TTA, DEVICE, ON_UNREADABLE],
  examples: ["evaluate ants-and-bees.onnx hymenoptera/val"],
  notes:
    "The folders in DIR must be named after the model's classes. A model without class names " +
    "takes them from DIR, in alphabetical order.",
  async run(values, output) {
    const [file, folder] = values.positionals as [string, string];
    const model = await loadBackbone(file, { verbose: output.verbose });
    const data = await readFolder(folder, values, model.classes);
    const report = await evaluate(model, data, {
      ...present("batchSize", values.number("batch-size")),
      ...present("tta", values.number("tta")),
      ...device(values),
      verbose: output.verbose,
    });
    output.line(reportText(report));
    warnSkipped([data], output);
    return { json: { ...report, classes: data.classes, skipped: skippedFiles([data]) } };
  },
};
