import { loadBackbone } from "../../../models/load_backbone.ts";
import { checkWritable, saveModel } from "../../onnx/save_model.ts";
import { plotParallel } from "../../report/plots/plot_parallel.ts";
import { oneCycle } from "../../train/schedules/one_cycle.ts";
import { searchTable, trialPoints } from "../../workflow/search/report.ts";
import { searchFit } from "../../workflow/search/search_fit.ts";
import { choice, type Space } from "../../workflow/search/space.ts";
import { asha, grid, random, type Strategy } from "../../workflow/search/strategy.ts";
import { chartFile } from "../chart_file.ts";
import type { Command } from "../command.ts";
import { device, present, skippedFiles } from "../common.ts";
import { readData } from "../fine_tune/data.ts";
import { prepareModel } from "../fine_tune/model.ts";
import { selectorOf } from "../fine_tune/recipe.ts";
import { onInterrupt } from "../interrupt.ts";
import { countOf, dimensionOf, numberOf, type Scale, wordOf } from "../search/dimensions.ts";
import { SEARCH_OPTIONS } from "../search/options.ts";
import { UsageError } from "../usage_error.ts";
import type { Values } from "../values.ts";

/** `search`: which learning rate, batch size and so on fine-tune best. */
export const searchCommand: Command = {
  name: "search",
  summary: "look for the hyper-parameters that fine-tune a network best",
  positionals: ["DIR"],
  options: SEARCH_OPTIONS,
  examples: [
    "search pictures/ --backbone mobilenet_v2 --trials 30 --out best.onnx",
    "search pictures/ --strategy asha --trials 60 --train head,all --folder run/",
  ],
  notes: "A search that was ended goes on with the same --folder. Numbers are ranges LOW:HIGH or " +
    "lists A,B,C.",
  async run(values, output) {
    const out = values.text("out");
    if (out !== undefined) await checkWritable(out);
    const chart = await chartFile(values, "chart");
    const seed = values.number("seed") ?? 0;
    const trained = (values.text("train") ?? "head").split(",").map((part) => part.trim());
    const space = spaceOf(values, trained);
    const strategy = strategyOf(values);
    const data = await readData(values.positionals[0]!, values);
    if (!data.validation) throw new UsageError("search needs pictures to compare trials on");
    const source = values.text("backbone") ?? "mobilenet_v2";
    const backbone = await loadBackbone(source, { verbose: output.verbose });
    const { model } = prepareModel(backbone, data.classes, { train: "head", seed });
    using interrupt = onInterrupt(output.warn);
    const folder = values.text("folder");
    const found = await searchFit(model, data.train, {
      space,
      strategy,
      validation: data.validation,
      schedule: oneCycle(),
      epochs: values.number("epochs") ?? 10,
      ...present("folder", folder),
      ...device(values),
      seed,
      signal: interrupt.signal,
      verbose: output.verbose,
    });
    output.line(searchTable(found));
    if (out !== undefined && found.model) {
      await saveModel(found.model, out);
      output.line(`wrote ${out}: trial ${found.best!.trial}, ${found.best!.score.toFixed(4)}`);
    }
    if (chart !== undefined && found.best) {
      const options = { objective: "validation accuracy", best: "maximum" } as const;
      await (await plotParallel(trialPoints(found), options)).save(chart);
      output.line(`wrote ${chart}`);
    }
    const trials = found.trials.map(({ values: _, ...record }) => record);
    return {
      json: {
        model: model.name,
        strategy: strategy.name,
        best: trials.find(({ trial }) => trial === found.best?.trial) ?? null,
        trials,
        complete: found.complete,
        out: found.model ? out ?? null : null,
        chart: found.best ? chart ?? null : null,
        skipped: skippedFiles(data.folders),
      },
      status: found.best ? 0 : 1,
    };
  },
};

function strategyOf(values: Values): Strategy {
  const trials = present("trials", values.number("trials"));
  switch (values.text("strategy") ?? "random") {
    case "grid":
      return grid();
    case "asha":
      return asha({ ...trials, maxEpochs: values.number("epochs") ?? 27 });
    default:
      return random(trials);
  }
}

function spaceOf(values: Values, trained: readonly string[]): Space {
  const onlyHead = trained.every((part) => part === "head");
  const numbers = (option: string, scale: Scale, otherwise: string) =>
    dimensionOf(option, values.text(option) ?? otherwise, { scale, read: numberOf });
  const words = (option: string, all: readonly string[]) => {
    const text = values.text(option);
    return text === undefined ? undefined : dimensionOf(option, text, { read: wordOf(all) });
  };
  const selectors = trained.map((part) =>
    part === "head" ? "none" : part === "all" ? "all" : selectorOf(part)
  );
  return {
    learningRate: numbers("lr", "log", onlyHead ? "0.0001:0.1" : "0.000001:0.001"),
    weightDecay: numbers("weight-decay", "log", "0.00001:0.1"),
    dropout: numbers("dropout", "linear", "0:0.5"),
    batchSize: dimensionOf("batch-size", values.text("batch-size") ?? "16,32,64", {
      read: countOf,
    }),
    ...present("augment", words("augment", ["none", "gentle", "imagenet"])),
    ...present("optimizer", words("optimizer", ["adamw", "adam", "sgd"])),
    ...!onlyHead && { unfreeze: choice(selectors) },
  };
}
