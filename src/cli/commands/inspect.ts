import { loadBackbone } from "../../../models/load_backbone.ts";
import { operatorsWithoutGradient } from "../../autodiff/operators_without_gradient.ts";
import type { Model, ValueInfo } from "../../onnx/model.ts";
import { summary } from "../../onnx/summary.ts";
import type { Preprocessing } from "../../tensor/dataset.ts";
import type { Command } from "../command.ts";
import { count } from "../table.ts";

/** `inspect`: what a model is. */
export const inspectCommand: Command = {
  name: "inspect",
  summary: "show a model's layers, shapes, parameters and what cannot be trained",
  positionals: ["MODEL"],
  options: [],
  examples: ["inspect model.onnx", "inspect mobilenet_v2 --json"],
  async run(values, output) {
    const model = await loadBackbone(values.positionals[0]!, { verbose: output.verbose });
    const without = operatorsWithoutGradient(model);
    output.line(summary(model));
    output.line();
    for (const line of facts(model)) output.line(line);
    output.line(
      without.length === 0
        ? "every operator has a gradient"
        : `operators without a gradient: ${without.join(", ")}`,
    );
    return { json: json(model, without) };
  },
};

function facts(model: Model): string[] {
  const { inputs, outputs, classes, preprocessing } = model;
  return [
    ...inputs.map((input) => `input   ${shapeText(input)}`),
    ...outputs.map((output) => `output  ${shapeText(output)}`),
    `classes ${classesText(classes)}`,
    `pictures ${preprocessing ? preprocessingText(preprocessing) : "no preprocessing is known"}`,
  ];
}

function shapeText({ name, type, shape }: ValueInfo): string {
  return `${name}: ${type} [${shape.join(", ")}]`;
}

function classesText(classes: readonly string[] | undefined): string {
  if (classes === undefined) return "without names";
  const more = classes.length > 10 ? `, … (${count(classes.length)})` : "";
  return classes.slice(0, 10).join(", ") + more;
}

function preprocessingText(preprocessing: Preprocessing): string {
  const { heightPx, widthPx, resizePx, interpolation, range, mean, std, channels, layout } =
    preprocessing;
  return `shorter edge to ${resizePx} (${interpolation}), centre ${heightPx}×${widthPx}, ` +
    `0 to ${range}, mean [${mean.join(", ")}], std [${std.join(", ")}], ${channels}, ${layout}`;
}

function json(model: Model, without: readonly string[]): object {
  const parameters = [...model.parameters.values()];
  return {
    name: model.name,
    inputs: model.inputs,
    outputs: model.outputs,
    classes: model.classes ?? null,
    preprocessing: model.preprocessing ?? null,
    weights: parameters.reduce((sum, { size }) => sum + size, 0),
    parameters: parameters.map(({ name, shape, type, trainable, head, operator, node }) => ({
      name,
      shape,
      type,
      trainable,
      head,
      operator,
      node,
    })),
    operatorsWithoutGradient: without,
  };
}
