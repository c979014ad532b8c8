import { loadBackbone } from "../../../models/load_backbone.ts";
import { checkWritable } from "../../onnx/save_model.ts";
import { report } from "../../report/report.ts";
import type { Command } from "../command.ts";
import { device, present, readFolder, skippedFiles, warnSkipped } from "../common.ts";
import { BATCH_SIZE, DEVICE, ON_UNREADABLE } from "../option.ts";
import { percent } from "../table.ts";
import { UsageError } from "../usage_error.ts";

/** `report`: a page about what a model makes of a folder of pictures. */
export const reportCommand: Command = {
  name: "report",
  summary: "write a page about how a model does on a folder of pictures, one folder a class",
  positionals: ["MODEL", "DIR"],
  options: [
    { name: "out", kind: "text", value: "FILE", help: "the page, one HTML file" },
    { name: "title", kind: "text", value: "TEXT", otherwise: "the model's name", help: "heading" },
    {
      name: "top",
      kind: "integer",
      value: "N",
      least: 0,
      otherwise: "12",
      help: "pictures of the greatest losses to show, with what the network looks at",
    },
    BATCH_SIZE,
    DEVICE,
    ON_UNREADABLE,
  ],
  examples: ["report ants-and-bees.onnx hymenoptera/val --out report.html"],
  notes:
    "The page holds all it shows: scores, confusion matrix, calibration, ROC and precision-recall " +
    "curves, scores by class, pictures with Grad-CAM. It needs no network.",
  async run(values, output) {
    const [file, folder] = values.positionals as [string, string];
    const out = values.text("out");
    if (out === undefined) throw new UsageError("report needs --out FILE");
    await checkWritable(out);
    const model = await loadBackbone(file, { verbose: output.verbose });
    const data = await readFolder(folder, values, model.classes);
    const { html: _, ...found } = await report(model, data, {
      out,
      ...present("title", values.text("title")),
      ...present("top", values.number("top")),
      ...present("batchSize", values.number("batch-size")),
      ...device(values),
      verbose: output.verbose,
    });
    const { accuracy, examples } = found.evaluation;
    output.line(`accuracy ${percent(accuracy)} on ${examples} pictures: wrote ${out}`);
    warnSkipped([data], output);
    return { json: { model: model.name, out, ...found, skipped: skippedFiles([data]) } };
  },
};
