import { loadBackbone } from "../../../models/load_backbone.ts";
import { pictures } from "../../data/pictures.ts";
import { extractFeatures } from "../../train/extract_features.ts";
import { similar } from "../../train/probes/similar.ts";
import type { Command } from "../command.ts";
import { device, present, readFolder, skippedFiles, warnSkipped } from "../common.ts";
import { BATCH_SIZE, DEVICE, ON_UNREADABLE } from "../option.ts";
import { table } from "../table.ts";

/** `similar`: the pictures of a folder that look most like one. */
export const similarCommand: Command = {
  name: "similar",
  summary: "find the pictures of a folder that a model sees as most like one",
  positionals: ["MODEL", "DIR", "PICTURE"],
  options: [
    {
      name: "k",
      kind: "integer",
      value: "N",
      least: 1,
      otherwise: "10",
      help: "how many to find",
    },
    {
      name: "layer",
      kind: "text",
      value: "NAME",
      otherwise: "what the classifier at the end reads",
      help: "the layer to compare by; its places are averaged",
    },
    BATCH_SIZE,
    DEVICE,
    ON_UNREADABLE,
  ],
  examples: ["similar mobilenet_v2 pictures/ photo.jpg --k 5"],
  async run(values, output) {
    const [file, folder, picture] = values.positionals as [string, string, string];
    const model = await loadBackbone(file, { verbose: output.verbose });
    const data = await readFolder(folder, values);
    const options = {
      ...present("layer", values.text("layer")),
      ...present("batchSize", values.number("batch-size")),
      ...device(values),
      pooling: "average" as const,
      verbose: output.verbose,
    };
    const query = await extractFeatures(model, pictures([{ image: picture }]), options);
    const features = await extractFeatures(model, data, options);
    const found = await similar(features, query, {
      k: values.number("k") ?? 10,
      ...device(values),
    });
    const rows = found.map(({ index, target, similarity }) => ({
      file: data.files[index]!,
      class: data.classes[target]!,
      similarity,
    }));
    output.line(table([
      ["similarity", "class", "file"],
      ...rows.map((row) => [row.similarity.toFixed(4), row.class, row.file]),
    ]));
    warnSkipped([data], output);
    return {
      json: {
        model: model.name,
        picture,
        layer: features.layer,
        similar: rows,
        skipped: skippedFiles([data]),
      },
    };
  },
};
