import { USED_GROUP } from "../../artifacts/checkpoint/checkpoint.ts";
import { type OptimizerModel, readOptimizerModel } from "../../artifacts/read/optimizer_model.ts";
import {
  BACKWARD_LOWERINGS,
  FORWARD_LOWERINGS,
  UNKNOWN_TRAINING_OPERATORS,
} from "../../artifacts/read/rules/mod.ts";
import { readGraph } from "../../onnx/read_model.ts";
import type { Artifacts } from "../../train/artifacts/artifacts.ts";
import { loadArtifacts } from "../../train/artifacts/load_artifacts.ts";
import type { Command } from "../command.ts";
import { count, plural } from "../table.ts";

/** `artifacts inspect`: what artifacts are. */
export const artifactsInspectCommand: Command = {
  name: "artifacts inspect",
  summary: "show what such files train, how, and which operators of training builds they use",
  positionals: ["DIR"],
  options: [],
  examples: ["artifacts inspect artifacts/", "artifacts inspect artifacts/ --json"],
  async run(values, output) {
    const facts = await factsOf(await loadArtifacts(values.positionals[0]!));
    const { checkpoint, optimizer, operators } = facts;
    for (const input of facts.inputs) output.line(`input      ${input}`);
    for (const name of facts.outputs) output.line(`output     ${name}`);
    output.line(
      `parameters ${plural(checkpoint.trainable.length, "parameter")} trained ` +
        `(${count(checkpoint.trainedWeights)} weights), ${count(checkpoint.frozen.length)} frozen`,
    );
    output.line(
      `checkpoint version ${checkpoint.version}, ${plural(checkpoint.steps, "step")} taken` +
        checkpoint.properties.map(([name, value]) => `, ${name} ${value}`).join(""),
    );
    output.line(`optimizer  ${optimizer ? JSON.stringify(optimizer) : "none"}`);
    const used = Object.entries(operators).map(([name, { nodes, isKnown }]) =>
      `${name} ×${nodes}${isKnown ? "" : " (no lowering)"}`
    );
    output.line(`training-only operators: ${used.join(", ") || "none"}`);
    return { json: facts };
  },
};

interface Facts {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly checkpoint: {
    readonly version: number;
    readonly trainable: readonly string[];
    readonly frozen: readonly string[];
    readonly trainedWeights: number;
    readonly steps: number;
    readonly properties: readonly (readonly [string, string])[];
  };
  readonly optimizer: OptimizerModel | null;
  readonly operators: Readonly<
    Record<string, { readonly nodes: number; readonly isKnown: boolean }>
  >;
}

async function factsOf({ training, optimizer, checkpoint }: Artifacts): Promise<Facts> {
  const { graph } = await readGraph(training);
  const { trainable, frozen, optimizerGroups, properties, version = 2 } = checkpoint;
  const own = graph.inputs.filter(({ name }) =>
    !trainable.has(name) && !frozen.has(name) && !name.endsWith(".buffer") &&
    name !== "lazy_reset_grad"
  );
  const operators: Record<string, { nodes: number; isKnown: boolean }> = {};
  for (const { domain, opType } of graph.nodes) {
    const name = domain === "" ? opType : `${domain}.${opType}`;
    const isKnown = Object.hasOwn(FORWARD_LOWERINGS, name) ||
      Object.hasOwn(BACKWARD_LOWERINGS, name) ||
      opType === "InPlaceAccumulatorV2";
    if (!isKnown && !UNKNOWN_TRAINING_OPERATORS.has(name)) continue;
    (operators[name] ??= { nodes: 0, isKnown }).nodes++;
  }
  return {
    inputs: own.map(({ name, type, shape }) => `${name}: ${type} [${shape?.join(", ")}]`),
    outputs: graph.outputs.map(({ name }) => name).filter((name) =>
      !/_grad\.|\.updated$/.test(name)
    ),
    checkpoint: {
      version,
      trainable: [...trainable.keys()],
      frozen: [...frozen.keys()],
      trainedWeights: [...trainable.values()].reduce((sum, { data }) => sum + data.length, 0),
      steps: optimizerGroups.find(({ name }) => name === USED_GROUP)?.step ?? 0,
      properties: [...properties].map(([name, value]) => [name, `${value}`] as const),
    },
    optimizer: optimizer ? await readOptimizerModel(optimizer) : null,
    operators,
  };
}
