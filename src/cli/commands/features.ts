import { extname } from "@std/path";
import { loadBackbone } from "../../../models/load_backbone.ts";
import { checkWritable } from "../../onnx/save_model.ts";
import { extractFeatures } from "../../train/extract_features.ts";
import type { ImageDataset } from "../../data/image_folder.ts";
import type { Command } from "../command.ts";
import { device, present, readFolder, skippedFiles, warnSkipped } from "../common.ts";
import { csv } from "../csv.ts";
import { npy, npyLabels } from "../npy.ts";
import { BATCH_SIZE, DEVICE, ON_UNREADABLE } from "../option.ts";
import { plural } from "../table.ts";
import { UsageError } from "../usage_error.ts";

const ENDINGS = [".npy", ".json", ".csv"];

/** `features`: what a layer of a model makes of pictures. */
export const featuresCommand: Command = {
  name: "features",
  summary: "write what a layer of a model makes of pictures",
  positionals: ["MODEL", "DIR"],
  options: [
    { name: "out", kind: "text", value: "FILE", help: "where they go: FILE.npy, .json or .csv" },
    {
      name: "layer",
      kind: "text",
      value: "NAME",
      otherwise: "what the classifier at the end reads",
      help: "the layer, by the name of a node or value",
    },
    BATCH_SIZE,
    DEVICE,
    ON_UNREADABLE,
  ],
  examples: ["features mobilenet_v2 pictures/ --out features.npy"],
  notes:
    "Beside FILE.npy go FILE.labels.npy (int64, [pictures]) and FILE.json with the file names " +
    "and classes; the other formats hold all in one.",
  async run(values, output) {
    const [file, folder] = values.positionals as [string, string];
    const out = outFile(values.text("out"));
    await checkWritable(out);
    const model = await loadBackbone(file, { verbose: output.verbose });
    const data = await readFolder(folder, values);
    const features = await extractFeatures(model, data, {
      ...present("layer", values.text("layer")),
      ...present("batchSize", values.number("batch-size")),
      ...device(values),
      verbose: output.verbose,
    });
    const files = features.indices.map((index) => data.files[index]!);
    const found: Found = {
      ...features,
      targets: Array.from(features.targets, Number),
      files,
      classes: data.classes,
    };
    const written = await write(out, found);
    const { shape, layer } = features;
    output.line(
      `${plural(shape[0] ?? 0, "picture")}, features [${shape.slice(1)}] of "${layer}": wrote ` +
        written.join(", "),
    );
    warnSkipped([data], output);
    const skipped = skippedFiles([data]);
    return { json: { model: model.name, layer, shape, classes: data.classes, written, skipped } };
  },
};

interface Found {
  readonly data: Float32Array;
  readonly shape: readonly number[];
  readonly targets: readonly number[];
  readonly layer: string;
  readonly files: ImageDataset["files"];
  readonly classes: readonly string[];
}

function outFile(out: string | undefined): string {
  if (out === undefined) throw new UsageError("features needs --out FILE");
  if (ENDINGS.includes(extname(out).toLowerCase())) return out;
  throw new UsageError(`--out must end in ${ENDINGS.join(", ")}, found "${out}"`);
}

/** Writes the features in the format that the file's ending names; gives the files written. */
async function write(out: string, found: Found): Promise<string[]> {
  const { data, shape, targets, files, classes, layer } = found;
  const stem = out.slice(0, -extname(out).length);
  const width = shape.slice(1).reduce((product, dim) => product * dim, 1);
  const row = (index: number) => Array.from(data.subarray(index * width, (index + 1) * width));
  switch (extname(out).toLowerCase()) {
    case ".npy": {
      await Deno.writeFile(out, npy(data, shape));
      await Deno.writeFile(`${stem}.labels.npy`, npyLabels(targets));
      const facts = { layer, shape, classes, files };
      await Deno.writeTextFile(`${stem}.json`, JSON.stringify(facts, null, 1));
      return [out, `${stem}.labels.npy`, `${stem}.json`];
    }
    case ".csv": {
      const header = ["file", "class", ...Array.from({ length: width }, (_, index) => `f${index}`)];
      const rows = files.map((name, index) => [
        name,
        classes[targets[index]!] ?? "",
        ...row(index),
      ]);
      await Deno.writeTextFile(out, csv([header, ...rows]));
      return [out];
    }
    default: {
      const examples = files.map((name, index) => ({
        file: name,
        class: classes[targets[index]!],
        target: targets[index],
        features: row(index),
      }));
      await Deno.writeTextFile(out, JSON.stringify({ layer, shape, classes, examples }));
      return [out];
    }
  }
}
