import { loadBackbone } from "../../../models/load_backbone.ts";
import type { LossName } from "../../artifacts/loss.ts";
import type { ArtifactTarget } from "../../artifacts/write/target.ts";
import { freeze, unfreeze } from "../../onnx/select.ts";
import type { Model } from "../../onnx/model.ts";
import { replaceHead } from "../../onnx/replace_head.ts";
import { buildArtifacts } from "../../train/artifacts/build_artifacts.ts";
import { saveArtifacts } from "../../train/artifacts/save_artifacts.ts";
import { adamW } from "../../train/optimizers/adamw.ts";
import type { Optimizer } from "../../train/optimizers/optimizer.ts";
import { sgd } from "../../train/optimizers/sgd.ts";
import type { Command } from "../command.ts";
import { present } from "../common.ts";
import { selectorOf } from "../fine_tune/recipe.ts";
import type { Option } from "../option.ts";
import { count } from "../table.ts";
import { UsageError } from "../usage_error.ts";
import type { Values } from "../values.ts";

const OPTIONS: readonly Option[] = [
  { name: "out", kind: "text", value: "DIR", help: "the folder that the four files go to" },
  {
    name: "target",
    kind: "text",
    choices: ["ort-1.17", "ort-1.19", "stock"],
    otherwise: "ort-1.19",
    help:
      "the runtime that is to train: a training build of ONNX Runtime (1.16 and 1.17, or 1.18 " +
      "and 1.19), or any build",
  },
  {
    name: "classes",
    kind: "text",
    value: "A,B,…",
    help: "give the network a new head for these classes",
  },
  {
    name: "train",
    kind: "text",
    value: "head|all|NAME",
    otherwise: "all, or the head where it is new",
    help: "what is trained; NAME selects parameters as in fine-tune",
  },
  {
    name: "loss",
    kind: "text",
    choices: ["crossEntropy", "mse", "binaryCrossEntropy"],
    otherwise: "crossEntropy",
    help: "the loss",
  },
  {
    name: "optimizer",
    kind: "text",
    choices: ["adamw", "sgd"],
    otherwise: "adamw",
    help: "what a step does",
  },
  { name: "lr", kind: "number", value: "X", above: 0, otherwise: "0.001", help: "learning rate" },
  {
    name: "weight-decay",
    kind: "number",
    value: "X",
    least: 0,
    otherwise: "0.01 with adamw, 0 with sgd",
    help: "how strongly weights are drawn to zero",
  },
  {
    name: "clip-norm",
    kind: "number",
    value: "X",
    above: 0,
    help: "scale gradients down to this norm where theirs is larger",
  },
  {
    name: "batch-size",
    kind: "integer",
    value: "N",
    least: 1,
    otherwise: "any",
    help: "examples a step, where the network does not permit any number",
  },
];

/** `artifacts build`: from a model to the files of on-device training. */
export const artifactsBuildCommand: Command = {
  name: "artifacts build",
  summary: "make the files of ONNX Runtime's on-device training from a model",
  positionals: ["MODEL"],
  options: OPTIONS,
  examples: [
    "artifacts build mobilenet_v2 --classes ant,bee --out artifacts/",
    "artifacts build model.onnx --loss mse --target ort-1.17 --out artifacts/",
  ],
  notes: "DIR gets training_model.onnx, eval_model.onnx, optimizer_model.onnx and checkpoint.",
  async run(values, output) {
    const out = values.text("out");
    if (out === undefined) throw new UsageError("artifacts build needs --out DIR");
    const source = await loadBackbone(values.positionals[0]!, { verbose: output.verbose });
    const model = chosenModel(source, values);
    const artifacts = await buildArtifacts(model, {
      ...present("loss", values.text("loss") as LossName | undefined),
      ...present("target", values.text("target") as ArtifactTarget | undefined),
      ...present("clipNorm", values.number("clip-norm")),
      ...present("batchSize", values.number("batch-size")),
      optimizer: chosenOptimizer(values),
    });
    await saveArtifacts(artifacts, out);
    const { trainable, frozen } = artifacts.checkpoint;
    output.line(
      `${model.name}: ${count(trainable.size)} parameters trained, ${count(frozen.size)} frozen`,
    );
    output.line(`wrote ${out}`);
    const target = values.text("target") ?? "ort-1.19";
    return { json: { out, target, trainable: [...trainable.keys()], frozen: [...frozen.keys()] } };
  },
};

function chosenModel(source: Model, values: Values): Model {
  const classes = values.text("classes")?.split(",").map((name) => name.trim());
  const model = classes ? replaceHead(source, { classes }) : source;
  const train = values.text("train") ?? (classes ? "head" : "all");
  if (train === "all") return unfreeze(model, "all");
  const head = unfreeze(freeze(model, "all"), "head");
  return train === "head" ? head : unfreeze(head, selectorOf(train));
}

function chosenOptimizer(values: Values): Optimizer {
  const settings = {
    learningRate: values.number("lr") ?? 1e-3,
    ...present("weightDecay", values.number("weight-decay")),
  };
  return values.text("optimizer") === "sgd" ? sgd(settings) : adamW(settings);
}
