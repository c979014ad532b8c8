import { loadBackbone } from "../../../models/load_backbone.ts";
import type { Model } from "../../onnx/model.ts";
import { checkWritable, saveModel } from "../../onnx/save_model.ts";
import { report } from "../../report/report.ts";
import type { Dataset } from "../../tensor/dataset.ts";
import { evaluate } from "../../train/evaluate.ts";
import type { Command } from "../command.ts";
import { commandLine } from "../command_line.ts";
import { device, present, skippedFiles } from "../common.ts";
import { type Data, readData } from "../fine_tune/data.ts";
import { prepareModel } from "../fine_tune/model.ts";
import { loggers } from "../fine_tune/loggers.ts";
import { FINE_TUNE_OPTIONS } from "../fine_tune/options.ts";
import { type Recipe, recipe } from "../fine_tune/recipe.ts";
import { train, type Trained } from "../fine_tune/train.ts";
import type { Output } from "../output.ts";
import { reportText } from "../report.ts";
import { count, plural } from "../table.ts";
import { UsageError } from "../usage_error.ts";
import type { Values } from "../values.ts";

/** `fine-tune`: from a network and a folder of pictures to a classifier. */
export const fineTuneCommand: Command = {
  name: "fine-tune",
  summary: "fine-tune a network to a folder of pictures, one folder a class",
  positionals: ["DIR"],
  options: FINE_TUNE_OPTIONS,
  examples: [
    "fine-tune pictures/ --backbone mobilenet_v2 --out model.onnx",
    "fine-tune hymenoptera/train --validation hymenoptera/val --backbone resnet18.onnx --train all --out model.onnx",
  ],
  notes: "DIR holds a folder of pictures for each class, or train and val with such folders. " +
    "Ctrl-C ends the training after the step at hand and saves what is trained so far; with " +
    "--checkpoint the same command then goes on where it ended. A network that already has the " +
    "classes of DIR keeps its head.",
  async run(values, output) {
    const started = performance.now();
    const out = values.text("out");
    const dryRun = values.flag("dry-run");
    if (out === undefined && !dryRun) throw new UsageError("fine-tune needs --out FILE");
    for (const file of [out, values.text("report")]) if (file) await checkWritable(file);
    const seed = values.number("seed") ?? 0;
    const writers = loggers(values);
    const data = await readData(values.positionals[0]!, values);
    if (values.text("report") && !data.validation) {
      throw new UsageError("--report needs pictures to measure on, but --split is 0");
    }
    const source = values.text("backbone") ?? "mobilenet_v2";
    const backbone = await loadBackbone(source, { verbose: output.verbose });
    const { model, isNewHead } = prepareModel(backbone, data.classes, {
      train: values.text("train") ?? "head",
      seed,
    });
    const chosen = recipe(values, isNewHead);
    introduce(model, { isNewHead, data, chosen }, output);
    const trained = await train(model, data, { values, chosen, seed, output, loggers: writers });
    if (out === undefined || dryRun) return { json: { model: model.name, dryRun: true } };
    await saveModel(trained.model, out);
    const seconds = (performance.now() - started) / 1000;
    const { size } = await Deno.stat(out);
    output.line(`wrote ${out} (${(size / 1e6).toFixed(1)} MB) after ${seconds.toFixed(1)} s`);
    if (trained.interrupted) sayHowToGoOn(values, out, output);
    const evaluation = data.validation && trained.problem === undefined && !trained.interrupted
      ? await evaluate(trained.model, data.validation, {
        ...present("batchSize", values.number("batch-size")),
        ...device(values),
        verbose: false,
      })
      : undefined;
    if (evaluation) {
      output.line();
      output.line(reportText(evaluation));
      await writePage(trained, data.validation!, { values, chosen, output });
    }
    if (trained.problem !== undefined) {
      output.warn(`error: ${trained.problem}`);
      output.warn(`${out} holds the last good weights`);
    }
    return {
      json: {
        model: model.name,
        out,
        classes: data.classes,
        recipe: { ...chosen, train: values.text("train") ?? "head", seed },
        headEpochs: trained.history.epochs.slice(0, chosen.headEpochs),
        epochs: trained.history.epochs.slice(chosen.headEpochs)
          .map((record, index) => ({ ...record, epoch: index + 1 })),
        seconds,
        interrupted: trained.interrupted,
        ...present("stopped", trained.stopped),
        ...present("error", trained.problem),
        validation: evaluation ?? null,
        skipped: skippedFiles(data.folders),
      },
      status: trained.problem === undefined ? 0 : 1,
    };
  },
};

/** The page that `--report` asks for. */
async function writePage(
  { model, history }: Trained,
  data: Dataset,
  { values, chosen, output }: { values: Values; chosen: Recipe; output: Output },
): Promise<void> {
  const out = values.text("report");
  if (out === undefined) return;
  const settings = { ...chosen, train: values.text("train") ?? "head" };
  await report(model, data, {
    out,
    history,
    settings,
    ...present("batchSize", values.number("batch-size")),
    ...device(values),
    verbose: output.verbose,
  });
  output.line(`wrote ${out}`);
}

function sayHowToGoOn(values: Values, out: string, output: Output): void {
  const checkpoint = values.text("checkpoint");
  if (checkpoint === undefined) {
    output.warn(
      `Interrupted; ${out} holds the weights so far. With --checkpoint DIR a run can be gone on with`,
    );
    return;
  }
  output.warn(`Interrupted; the state is in ${checkpoint}. To go on:`);
  output.warn(`  ${commandLine(["fine-tune", ...values.args])}`);
}

interface Introduction {
  readonly isNewHead: boolean;
  readonly data: Data;
  readonly chosen: Recipe;
}

function introduce(model: Model, { isNewHead, data, chosen }: Introduction, output: Output): void {
  const { classes, train, validation, origin } = data;
  const parameters = [...model.parameters.values()];
  const trained = parameters.filter(({ trainable }) => trainable);
  const sum = (some: typeof parameters) => some.reduce((total, { size }) => total + size, 0);
  const few = classes.length <= 10 ? ` (${classes.join(", ")})` : "";
  const { optimizer, learningRate, schedule, epochs, batchSize, augment, mix } = chosen;
  output.line(
    `${model.name}, ${isNewHead ? "with a new head" : "its own head kept"}, for ` +
      `${plural(classes.length, "class").replace("classs", "classes")}${few}`,
  );
  output.line(
    `${plural(train.length, "picture")} to train on, ${
      count(validation?.length ?? 0)
    } to measure ` +
      `on: ${origin}`,
  );
  output.line(
    `trains ${count(sum(trained))} of ${count(sum(parameters))} weights: ${optimizer}, learning ` +
      `rate ${learningRate} (${schedule}), ${plural(epochs, "epoch")}, batches of ` +
      `${batchSize === "auto" ? "as many as fit" : batchSize}, ` +
      `augmentation ${augment}${mix === "none" ? "" : `, mixed by ${mix}`}`,
  );
}
