import { assert, assertAlmostEquals } from "@std/assert";
import { bertTiny } from "../../models/bert.ts";
import { efficientnetB0 } from "../../models/efficientnet.ts";
import { mobilenetV2 } from "../../models/mobilenet_v2.ts";
import { resnet18 } from "../../models/resnet.ts";
import { TARGETS, WEIGHTS } from "../../src/artifacts/training_graph.ts";
import type { Model } from "../../src/onnx/model.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu, nodeCpu } from "../../src/runtime/onnxruntime.ts";
import { rng } from "../../src/tensor/rng.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { ParameterMemory } from "../../src/train/parameter_memory.ts";
import { Program } from "../../src/train/program.ts";
import { Place } from "../../src/train/resident/place.ts";
import { hashed } from "../autodiff/golden_numbers.ts";

const picture = { classes: 10, seed: 1, sizePx: 64 };

/** Networks and what their inputs are fed with. */
const networks: readonly [name: string, make: () => Model, feed: () => Tensor[]][] = [
  ["ResNet-18", () => resnet18(picture), () => [numbers([2, 3, 64, 64])]],
  ["MobileNetV2", () => mobilenetV2(picture), () => [numbers([2, 3, 64, 64])]],
  ["EfficientNet-B0", () => efficientnetB0(picture), () => [numbers([2, 3, 64, 64])]],
  [
    "a BERT of two layers",
    () => bertTiny({ vocabulary: 60, classes: 3, seed: 1 }),
    () => [ids(60), tensor("int64", [2, 12], Array<number>(24).fill(1)), ids(2)],
  ],
];

for (const [name, make, feed] of networks) {
  Deno.test(`gradients of ${name} that stay in the engine's memory are onnxruntime-node's`, async () => {
    const model = make();
    const inputs = Object.fromEntries(feed().map((one, at) => [model.inputs[at]!.name, one]));
    const { bytes, loss, parameters, gradients, feeds } = await trainingOf(model, inputs);
    const plain = await nodeCpu.session(bytes);
    const known = await plain.run({ ...feeds, ...Object.fromEntries(parameters) });
    await plain.release();

    const turns = new Map([...gradients].map(([input, output]) => [input, { input, output }]));
    const resident = [...gradients.values()];
    const session = await cpu.session(bytes, { resident, captures: true });
    const place = new Place(cpu);
    await place.fill(parameters);
    const all = { ...feeds, ...Object.fromEntries(place.now) };
    const made = await session.runResident(all, place.into(turns));
    assertAlmostEquals(Number(made.home[loss]!.data[0]), Number(known[loss]!.data[0]), 1e-5);
    place.turn(turns, made.resident);
    const found = await place.bringHome();
    await session.release();
    await place.release();

    let [error, size] = [0, 0];
    for (const [parameter, gradient] of gradients) {
      const other = found.get(parameter)!.data as Float32Array;
      (known[gradient]!.data as Float32Array).forEach((one, at) => {
        error += (one - other[at]!) ** 2;
        size += one ** 2;
      });
    }
    assert(size > 0);
    assert(Math.sqrt(error / size) < 1e-5, `${Math.sqrt(error / size)}`);
  });
}

/** The training graph of a model for two examples, and everything that it is fed. */
async function trainingOf(model: Model, inputs: Readonly<Record<string, Tensor>>) {
  const memory = new ParameterMemory(model, 0);
  const program = await Program.compile(cpu, model, memory, {
    shapes: Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims])),
    batch: 2,
    batchNorm: undefined,
    dropout: true,
    allOutputs: false,
    loss: "crossEntropy",
    targets: { type: "int64", shape: [2] },
    deferred: true,
  });
  const training = program.trainingGraph();
  // A gradient that two parameters share would need to be in two rooms.
  const gradients = new Map(
    [...training.gradients].filter(([name, own]) =>
      [...training.gradients].find(([, other]) => other === own)![0] === name
    ),
  );
  const feeds: Record<string, Tensor> = {
    ...await program.features(inputs),
    ...program.drawMasks(rng(0)),
    [TARGETS]: tensor("int64", [2], [0, 2]),
    [WEIGHTS]: tensor("float32", [2], [1, 1]),
  };
  const taken = new Set(training.graph.inputs.map(({ name }) => name));
  for (const name of Object.keys(feeds)) if (!taken.has(name)) delete feeds[name];
  const parameters = new Map(
    memory.names.filter((name) => taken.has(name)).map((name) => {
      const { dims, data } = memory.view(name, 0);
      return [name, tensor("float32", dims, data.slice())] as const;
    }),
  );
  const bytes = encodeGraph(training.graph, { source: model.source });
  await program.release();
  return { bytes, loss: training.loss, parameters, gradients, feeds };
}

function numbers(dims: readonly number[]): Tensor<"float32"> {
  const count = dims.reduce((a, b) => a * b, 1);
  return tensor("float32", dims, [...hashed("x", count)].map((u) => 2 * u - 1));
}

function ids(count: number): Tensor<"int64"> {
  return tensor("int64", [2, 12], [...hashed("ids", 24)].map((u) => Math.floor(u * count)));
}
