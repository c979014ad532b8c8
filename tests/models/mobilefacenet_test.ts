import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { loadBackbone } from "../../models/load_backbone.ts";
import { mobilefacenet } from "../../models/mobilefacenet.ts";
import { arrays } from "../../src/data/arrays.ts";
import { arcFace } from "../../src/artifacts/losses/arc_face.ts";
import type { Graph, Value } from "../../src/onnx/graph.ts";
import type { Model } from "../../src/onnx/model.ts";
import { withWeights } from "../../src/onnx/model_from_graph.ts";
import { taskOf } from "../../src/onnx/task.ts";
import { rng } from "../../src/tensor/rng.ts";
import { int64s, type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { extractFeatures } from "../../src/train/extract_features.ts";
import { fit } from "../../src/train/fit.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { sharedTest } from "../shared.ts";

const quiet = { device: "cpu", verbose: false } as const;

function faces(count: number): Tensor<"float32"> {
  const random = rng("faces", count);
  const data = Float32Array.from({ length: count * 3 * 112 ** 2 }, () => random.normal());
  return tensor("float32", [count, 3, 112, 112], data);
}

/** The convolutions in order: weight, bias where there is one, and the batch normalisation that follows. */
function convolutions(graph: Graph) {
  return graph.sorted().filter(({ opType }) => opType === "Conv").map((node) => ({
    weight: node.inputs[1]!,
    bias: node.inputs[2],
    norm: [...node.outputs[0]!.consumers].find(({ opType }) => opType === "BatchNormalization"),
  }));
}

/** Our network with the weights of one whose batch normalisations are folded into its convolutions. */
function unfolded(model: Model, folded: Model): Model {
  const theirs = convolutions(folded.graph);
  const weights = new Map<string, Tensor>();
  const fill = ({ name, constant }: Value, value: number) =>
    weights.set(name, { ...constant!, data: new Float32Array(constant!.data.length).fill(value) });
  convolutions(model.graph).forEach(({ weight, bias, norm }, index) => {
    const [, scale, shift, mean, variance] = norm!.inputs;
    weights.set(weight.name, theirs[index]!.weight.constant!);
    weights.set(shift!.name, theirs[index]!.bias!.constant!);
    if (bias) fill(bias, 0);
    fill(scale!, 1);
    fill(mean!, 0);
    fill(variance!, 1 - 1e-5);
  });
  return withWeights(model, weights);
}

sharedTest(
  "mobilefacenet() is the published network: shapes, number of weights, embeddings",
  ["data/models/mobilefacenet.onnx"],
  async (url) => {
    const published = await loadBackbone(url, { verbose: false });
    const model = mobilefacenet();
    const shapes = ({ graph }: Model) => convolutions(graph).map(({ weight }) => weight.shape);
    assertEquals(shapes(model), shapes(published));
    // Folding makes one bias of scale, shift and the last layer's own bias.
    const count = (one: Model) => [...one.parameters.values()].reduce((sum, p) => sum + p.size, 0);
    const biases = convolutions(published.graph).reduce(
      (sum, { bias }) => sum + bias!.constant!.data.length,
      0,
    );
    assertEquals(count(model), count(published) + biases + 128);
    const x = faces(2);
    const embeddings = async (one: Model) => {
      const inputs = { [one.inputs[0]!.name]: x };
      const layer = one.outputs[0]!.name;
      const { data } = await extractFeatures(one, arrays({ inputs }), { ...quiet, layer });
      return Array.from(data);
    };
    const wanted = await embeddings(published);
    const found = await embeddings(unfolded(model, published));
    const largest = Math.max(...wanted.map(Math.abs));
    wanted.forEach((value, i) => assertAlmostEquals(found[i]!, value, 1e-5 * largest));
  },
);

Deno.test("mobilefacenet() gives embeddings, and learns people with arcFace", async () => {
  assertEquals(taskOf(mobilefacenet()), "embedding");
  const model = mobilefacenet({ classes: ["Ada", "Alan"], seed: 1 });
  assertEquals(model.parameters.get("head.weight")!.shape, [2, 128]);
  const data = arrays({ inputs: { x: faces(2) }, targets: int64s([0, 1]) });
  const { history, model: tuned } = await fit(model, data, {
    ...quiet,
    epochs: 2,
    batchSize: 2,
    loss: arcFace(),
    optimizer: adam({ learningRate: 1e-3 }),
  });
  const losses = history.epochs.map(({ loss }) => loss);
  assert(losses.at(-1)! < losses[0]!, losses.join(" "));
  const still = [...tuned.parameters.values()].filter(({ name, value }) =>
    value.data.every((one, i) => one === model.parameters.get(name)!.value.data[i])
  );
  // A bias before batch normalisation by the batch changes nothing.
  assertEquals(still.map(({ name }) => name).filter((name) => name !== "conv3.bias"), []);
});
