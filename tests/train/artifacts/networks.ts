import { digitCnn } from "../../../models/digit_cnn.ts";
import { batchNorm, flatten, globalAveragePool, linear, relu } from "../../../models/layers.ts";
import { input, network, output, toModel } from "../../../models/network.ts";
import { conv2d } from "../../../models/windows.ts";
import { mobilenetV2 } from "../../../models/mobilenet_v2.ts";
import { resnet18 } from "../../../models/resnet.ts";
import { float, int, ints } from "../../../src/onnx/attribute.ts";
import { Graph, type Value } from "../../../src/onnx/graph.ts";
import type { Model } from "../../../src/onnx/model.ts";
import { modelFromGraph, remodel } from "../../../src/onnx/model_from_graph.ts";
import { dropoutToMasks } from "../../../src/onnx/passes/fold_dropout.ts";
import { freeze, unfreeze } from "../../../src/onnx/select.ts";
import type { Tensors } from "../../../src/runtime/runtime.ts";
import type { BuildArtifactsOptions } from "../../../src/train/artifacts/build_options.ts";
import { sgd } from "../../../src/train/optimizers/sgd.ts";
import { rng } from "../../../src/tensor/rng.ts";
import { int64s, tensor } from "../../../src/tensor/tensor.ts";

/** A network, batches of different sizes for it, and how it is trained. */
export interface NetworkCase {
  readonly name: string;
  readonly model: Model;
  readonly batches: readonly Tensors[];
  readonly options: BuildArtifactsOptions;
  /** Whether it takes long. */
  readonly isSlow?: boolean;
}

const SIZES = [6, 4];

/**
 * Networks that artifacts are built of. The deep ones with plain descent and running statistics: with
 * Adam, which takes whole steps by gradients that are nothing but rounding, or by the statistics of a
 * few pictures, no two runtimes stay together for 20 steps; the kinks of a ResNet's many ReLUs alone
 * set them a little apart.
 */
export function networkCases(): NetworkCase[] {
  const resnet = resnet18({ classes: 4, sizePx: 32 });
  const mobilenet = withoutDropout(mobilenetV2({ classes: 4, sizePx: 32 }));
  const photos = pictures([3, 32, 32], 4);
  const calm: BuildArtifactsOptions = {
    optimizer: sgd({ learningRate: 1e-3 }),
    batchNorm: "running",
  };
  return [
    {
      name: "digit CNN",
      model: digitCnn({ dropout: false }),
      batches: pictures([1, 28, 28], 10),
      options: {},
    },
    {
      name: "normalised network",
      model: normalised(),
      batches: pictures([3, 8, 8], 4),
      options: {},
    },
    {
      name: "ResNet-18, its head alone",
      model: unfreeze(freeze(resnet, "all"), "head"),
      batches: photos,
      options: {},
    },
    {
      name: "ResNet-18",
      model: resnet,
      batches: photos,
      options: calm,
      isSlow: true,
    },
    { name: "MobileNetV2", model: mobilenet, batches: photos, options: calm, isSlow: true },
    { name: "transformer encoder", model: encoder(), batches: tokens(), options: {} },
  ];
}

/** Plain and depthwise convolutions, each normalised. */
export function normalised(): Model {
  const net = network(5);
  let x = input(net, "x", ["batch", 3, 8, 8]);
  x = conv2d(net, x, { name: "conv1", channels: 8, kernel: 3, padding: 1, bias: false });
  x = relu(net, batchNorm(net, x, { name: "bn1" }), { name: "relu1" });
  const depthwise = { channels: 8, kernel: 3, padding: 1, groups: 8, stride: 2, bias: false };
  x = conv2d(net, x, { name: "conv2", ...depthwise });
  x = relu(net, batchNorm(net, x, { name: "bn2" }), { name: "relu2" });
  x = flatten(net, globalAveragePool(net, x, { name: "pool" }), { name: "flatten" });
  output(net, linear(net, x, { name: "head", features: 4 }));
  return toModel(net, { name: "normalised" });
}

/** The network without dropout, so that two runtimes do the same. */
export function withoutDropout(model: Model): Model {
  const graph = model.graph.clone();
  dropoutToMasks(graph, false);
  return remodel(model, graph);
}

function pictures(shape: readonly number[], classes: number): Tensors[] {
  const random = rng(7, "pictures");
  return SIZES.map((size) => {
    const x = tensor("float32", [size, ...shape]);
    const labels = Array.from({ length: size }, (_, n) => (3 * n + size) % classes);
    // Pictures of a class share a brightness, so that there is something to learn.
    const each = x.data.length / size;
    x.data.forEach((_, i) =>
      x.data[i] = random.uniform() + labels[Math.floor(i / each)]! / classes
    );
    return { x, labels: int64s(labels) };
  });
}

const WORDS = 20;
const LENGTH = 7;
const WIDTH = 16;
const HEADS = 4;

function tokens(): Tensors[] {
  const random = rng(8, "tokens");
  return SIZES.map((size) => {
    const words = Array.from({ length: size * LENGTH }, () => Math.floor(random.uniform() * WORDS));
    const labels = Array.from({ length: size }, (_, n) => words[n * LENGTH]! % 3);
    return { tokens: int64s(words, [size, LENGTH]), labels: int64s(labels) };
  });
}

/** Two layers of self-attention with learnt positions, as PyTorch exports them; mean over the words. */
export function encoder(): Model {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const random = rng(9, "encoder");
  const weight = (name: string, dims: readonly number[], scale = 0.2) => {
    const made = tensor("float32", dims);
    made.data.forEach((_, i) => made.data[i] = (2 * random.uniform() - 1) * scale);
    return graph.addConstant(name, made);
  };
  const ones = (name: string) =>
    graph.addConstant(name, tensor("float32", [WIDTH], new Float32Array(WIDTH).fill(1)));
  const integers = (values: readonly number[]) =>
    graph.addConstant(graph.fresh("shape"), int64s(values));
  const op = (opType: string, inputs: readonly Value[], attributes = {}) =>
    graph.add(opType, inputs, { attributes }).outputs[0]!;
  const linear = (x: Value, name: string, from: number, to: number) =>
    op("Add", [
      op("MatMul", [x, weight(`${name}.weight`, [from, to])]),
      weight(`${name}.bias`, [to]),
    ]);
  const norm = (x: Value, name: string) =>
    op("LayerNormalization", [x, ones(`${name}.weight`), weight(`${name}.bias`, [WIDTH])], {
      axis: int(-1),
      epsilon: float(1e-5),
    });
  const scalar = (number: number) =>
    graph.addConstant(graph.fresh("scalar"), tensor("float32", [], [number]));
  const attention = (x: Value, name: string) => {
    const each = WIDTH / HEADS;
    const heads = (part: string, perm: readonly number[]) => {
      const split = op("Reshape", [
        linear(x, `${name}.${part}`, WIDTH, WIDTH),
        integers([0, -1, HEADS, each]),
      ]);
      return op("Transpose", [split], { perm: ints([...perm]) });
    };
    const scores = op("MatMul", [heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1])]);
    const weights = op("Softmax", [op("Mul", [scores, scalar(1 / Math.sqrt(each))])], {
      axis: int(-1),
    });
    const mixed = op("MatMul", [weights, heads("value", [0, 2, 1, 3])]);
    const turned = op("Transpose", [mixed], { perm: ints([0, 2, 1, 3]) });
    const joined = op("Reshape", [turned, integers([0, -1, WIDTH])]);
    return linear(joined, `${name}.output`, WIDTH, WIDTH);
  };
  const gelu = (x: Value) => {
    const bell = op("Erf", [op("Div", [x, scalar(Math.SQRT2)])]);
    return op("Mul", [op("Mul", [x, op("Add", [bell, scalar(1)])]), scalar(0.5)]);
  };
  const words = graph.addInput("tokens", "int64", ["batch", LENGTH]);
  let x = op("Gather", [weight("words.weight", [WORDS, WIDTH], 1), words]);
  x = op("Add", [x, weight("positions.weight", [1, LENGTH, WIDTH], 1)]);
  for (const layer of ["layer1", "layer2"]) {
    x = op("Add", [x, attention(norm(x, `${layer}.norm1`), `${layer}.attention`)]);
    const wide = gelu(linear(norm(x, `${layer}.norm2`), `${layer}.up`, WIDTH, 2 * WIDTH));
    x = op("Add", [x, linear(wide, `${layer}.down`, 2 * WIDTH, WIDTH)]);
  }
  const pooled = op("ReduceMean", [norm(x, "norm")], { axes: ints([1]), keepdims: int(0) });
  const { outputs } = graph.add("Gemm", [
    pooled,
    weight("head.weight", [WIDTH, 3]),
    weight("head.bias", [3]),
  ], { outputs: ["logits"] });
  Object.assign(outputs[0]!, { type: "float32", shape: ["batch", 3] });
  graph.outputs.push(outputs[0]!);
  return modelFromGraph(graph, { name: "encoder" });
}
