import { pictures } from "../../data/pictures.ts";
import { predict } from "../../workflow/predict.ts";
import { loadBackbone } from "../../../models/load_backbone.ts";
import type { Command } from "../command.ts";
import { BATCH_SIZE, DEVICE, ON_UNREADABLE, TTA } from "../option.ts";
import { device, onUnreadable, present } from "../common.ts";
import { percent } from "../table.ts";

/** `predict`: what a model says of pictures. */
export const predictCommand: Command = {
  name: "predict",
  summary: "classify pictures, the likeliest classes first",
  positionals: ["MODEL", "FILE…"],
  options: [
    {
      name: "top",
      kind: "integer",
      value: "N",
      least: 1,
      otherwise: "5",
      help: "classes to print for each picture",
    },
    BATCH_SIZE,
    TTA,
    DEVICE,
    ON_UNREADABLE,
  ],
  examples: ["predict ants-and-bees.onnx photo.jpg", "predict model.onnx *.jpg --top 1 --json"],
  async run(values, output) {
    const [file, ...files] = values.positionals;
    const model = await loadBackbone(file!, { verbose: output.verbose });
    const data = pictures(files.map((image) => ({ image })), onUnreadable(values));
    const found = await predict(model, data, {
      topK: values.number("top") ?? 5,
      ...present("batchSize", values.number("batch-size")),
      ...present("tta", values.number("tta")),
      ...device(values),
      verbose: false,
    });
    const skipped = data.skipped.map(({ name, reason }) => ({ file: name, reason }));
    const left = new Set(skipped.map((one) => one.file));
    const read = files.filter((name) => !left.has(name));
    const predictions = read.map((name, index) => ({ file: name, classes: found[index] ?? [] }));
    for (const { file, classes } of predictions) {
      const said = classes.map(({ label, probability, value }) =>
        `${label} ${value === undefined ? percent(probability) : value.toPrecision(6)}`
      );
      output.line(`${file}: ${said.join(", ") || "none"}`);
    }
    for (const { file, reason } of skipped) output.warn(`skipped ${file}: ${reason}`);
    return { json: { model: model.name, predictions, skipped } };
  },
};
