import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Builder, dimsOf } from "../../src/autodiff/builder.ts";
import { blockChannels } from "../../src/autodiff/lowering/blocked/block_channels.ts";
import { turnedFilters } from "../../src/autodiff/lowering/turned_filters.ts";
import { Graph, type Value } from "../../src/onnx/graph.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { rng } from "../../src/tensor/rng.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;
type Make = (g: Builder, inputs: Readonly<Record<string, Value>>) => Value;

/** Convolves, with the shape of the result said. */
const conv = (
  g: Builder,
  inputs: readonly Value[],
  shape: readonly number[],
  attributes: Record<string, number | readonly number[]>,
  opType = "Conv",
) => g.op(opType, inputs, shape, attributes);

const CASES: readonly [name: string, shapes: Shapes, make: Make][] = [
  [
    "a convolution of 32 channels to 48 with a bias",
    { x: [4, 32, 9, 7], w: [48, 32, 3, 3], b: [48] },
    (g, { x, w, b }) => conv(g, [x!, w!, b!], [4, 48, 9, 7], { pads: [1, 1, 1, 1] }),
  ],
  [
    "channels that do not fill a block, steps and uneven paddings",
    { x: [4, 20, 12, 12], w: [36, 20, 3, 2] },
    (g, { x, w }) => conv(g, [x!, w!], [4, 36, 6, 13], { pads: [1, 0, 0, 2], strides: [2, 1] }),
  ],
  [
    "filters of 48 channels turned around, of uneven windows",
    { dy: [4, 48, 9, 7], w: [48, 32, 3, 2] },
    (g, { dy, w }) =>
      conv(g, [dy!, turnedFilters(g, w!, 1)], [4, 32, 9, 8], { pads: [1, 1, 1, 1] }),
  ],
  [
    "filters turned around that do not fill a block",
    { dy: [4, 40, 9, 7], w: [40, 36, 3, 3] },
    (g, { dy, w }) =>
      conv(g, [dy!, turnedFilters(g, w!, 1)], [4, 36, 9, 7], { pads: [1, 1, 1, 1] }),
  ],
  [
    "one filter a channel, dilated",
    { x: [3, 32, 10, 10], w: [32, 1, 3, 3], b: [32] },
    (g, { x, w, b }) =>
      conv(g, [x!, w!, b!], [3, 32, 10, 10], {
        group: 32,
        dilations: [2, 2],
        pads: [2, 2, 2, 2],
      }),
  ],
  [
    "one filter a channel, transposed with steps and a rest",
    { x: [2, 64, 5, 6], w: [64, 1, 3, 3], b: [64] },
    (g, { x, w, b }) =>
      conv(g, [x!, w!, b!], [2, 64, 10, 11], {
        group: 64,
        strides: [2, 2],
        pads: [1, 1, 1, 1],
        output_padding: [1, 0],
      }, "ConvTranspose"),
  ],
  [
    "elementwise operators between convolutions, in part on plain values",
    { x: [2, 32, 8, 8], w: [32, 1, 3, 3], v: [32, 32, 3, 3], p: [2, 32, 8, 8] },
    (g, { x, w, v, p }) => {
      const pads = [1, 1, 1, 1];
      const first = conv(g, [x!, w!], [2, 32, 8, 8], { group: 32, pads });
      const bent = g.op("Relu", [first], dimsOf(first));
      const mixed = g.add(g.mul(bent, p!), g.scale(first, 0.5));
      return g.add(conv(g, [mixed, v!], [2, 32, 8, 8], { pads }), bent);
    },
  ],
  [
    "images taken for channels",
    { x: [4, 16, 9, 9], dy: [4, 16, 9, 9] },
    (g, { x, dy }) => {
      const pads = [1, 1, 1, 1];
      const data = g.reshape(g.op("Relu", [x!], dimsOf(x!)), [1, 64, 9, 9]);
      const filters = g.reshape(dy!, [64, 1, 9, 9]);
      return conv(g, [data, filters], [1, 64, 3, 3], { group: 64, pads });
    },
  ],
  [
    "a batch normalised by its own statistics, added to and bent",
    { x: [3, 16, 9, 7], w: [32, 16, 3, 3], scale: [32], b: [32], p: [3, 32, 9, 7] },
    (g, { x, w, scale, b, p }) => {
      const first = conv(g, [x!, w!], [3, 32, 9, 7], { pads: [1, 1, 1, 1] });
      const [y, mean, variance] = g.apply(
        "BatchNormalization",
        [first, scale!, b!, b!, scale!],
        { training_mode: 1, momentum: { float: 0 } },
        [dimsOf(first), [32], [32]].map((shape) => ({ type: "float32", shape })),
      ) as [Value, Value, Value];
      const bent = g.unary("Relu", g.add(y, p!));
      const [at, spread] = [mean, variance].map((one) => g.reshape(one, [1, 32, 1, 1]));
      const centred = g.sub(first, at!);
      const along = g.reduceSum(g.mul(bent, centred), [0, 2, 3]);
      return g.add(g.add(g.mul(bent, spread!), g.mul(centred, along)), g.mul(centred, at!));
    },
  ],
  [
    "products and sums with numbers by channel, from one side and the other",
    { x: [2, 16, 9, 9], w: [16, 16, 3, 3], k: [1, 16, 1, 1], c: [16, 1, 1] },
    (g, { x, w, k, c }) => {
      const first = conv(g, [x!, w!], [2, 16, 9, 9], { pads: [1, 1, 1, 1] });
      const line = g.add(g.mul(k!, first), c!);
      return g.add(g.sub(line, k!), g.mul(g.sub(c!, first), line));
    },
  ],
  [
    "channels weighed image by image",
    { x: [3, 32, 8, 8], w: [32, 32, 3, 3] },
    (g, { x, w }) => {
      const first = conv(g, [x!, w!], [3, 32, 8, 8], { pads: [1, 1, 1, 1] });
      const pooled = g.op("GlobalAveragePool", [first], [3, 32, 1, 1]);
      const summed = g.reduceSum(first, [2, 3]);
      const gate = g.unary("Sigmoid", g.sub(pooled, g.scale(summed, 0.1)));
      return g.add(g.mul(first, gate), g.reduce("ReduceMean", first, [3, 2, 0]));
    },
  ],
  [
    "means of products, one of which is read again",
    { x: [3, 16, 9, 10], w: [32, 16, 3, 3], p: [3, 32, 9, 10] },
    (g, { x, w, p }) => {
      const first = conv(g, [x!, w!], [3, 32, 9, 10], { pads: [1, 1, 1, 1] });
      const square = g.mul(first, first);
      const gate = g.add(
        g.reduce("ReduceMean", g.mul(p!, first), [2, 3]),
        g.reduceSum(square, [0, 2, 3]),
      );
      return g.add(g.mul(first, gate), square);
    },
  ],
  [
    "a sum of two convolutions, one of them read again",
    { x: [2, 16, 8, 8], w: [16, 16, 3, 3], v: [16, 16, 1, 1] },
    (g, { x, w, v }) => {
      const first = conv(g, [x!, w!], [2, 16, 8, 8], { pads: [1, 1, 1, 1] });
      const second = conv(g, [first, v!], [2, 16, 8, 8], {});
      const both = g.unary("Relu", g.sum([second, first]));
      return g.add(both, g.sum([both, both]));
    },
  ],
  [
    "a convolution of two steps a time, transposed",
    { x: [2, 32, 6, 7], w: [32, 16, 3, 3] },
    (g, { x, w }) =>
      conv(g, [x!, w!], [2, 16, 12, 14], {
        strides: [2, 2],
        pads: [1, 1, 1, 1],
        output_padding: [1, 1],
      }, "ConvTranspose"),
  ],
  [
    "one of two and three steps, with places that no tap reaches, and a sum",
    { x: [2, 32, 8, 5], w: [32, 16, 1, 4], v: [16, 16, 3, 3], p: [2, 16, 16, 15] },
    (g, { x, w, v, p }) => {
      const back = conv(g, [x!, w!], [2, 16, 16, 15], {
        strides: [2, 3],
        pads: [0, 1, 0, 0],
        output_padding: [1, 0],
      }, "ConvTranspose");
      const other = conv(g, [p!, v!], [2, 16, 16, 15], { pads: [1, 1, 1, 1] });
      return g.unary("Relu", g.add(back, other));
    },
  ],
  [
    "pictures of three channels",
    { x: [2, 3, 17, 15], w: [32, 3, 7, 7], b: [32] },
    (g, { x, w, b }) =>
      g.unary(
        "Relu",
        conv(g, [x!, w!, b!], [2, 32, 9, 8], { pads: [3, 3, 3, 3], strides: [2, 2] }),
      ),
  ],
];

for (const [name, shapes, make] of CASES) {
  Deno.test(`blockChannels() keeps the result of ${name}`, async () => {
    const block = await cpu.channelBlock();
    const feeds = Object.fromEntries(
      Object.entries(shapes).map(([input, shape]) => [input, drawn(input, shape)]),
    );
    const plain = await result(graphOf(shapes, make), feeds);
    const graph = graphOf(shapes, make);
    blockChannels(new Builder(graph), block);
    const blockedNodes = [...graph.nodes].filter((node) => node.domain.endsWith("nchwc"));
    assertEquals(blockedNodes.length > 0, block > 1, "whether blocked operators are used");
    const blocked = await result(graph, feeds);
    assertEquals(blocked.dims, plain.dims);
    const [got, expected] = [blocked, plain].map(({ data }) => Array.from(data as Float32Array));
    const largest = Math.max(...expected!.map(Math.abs));
    assert(largest > 0.1);
    got!.forEach((number, i) => assertAlmostEquals(number, expected![i]!, 1e-5 * largest));
  });
}

Deno.test("the runtime's channel block is a power of two", async () => {
  const block = await cpu.channelBlock();
  assertEquals(Math.log2(block) % 1, 0);
});

/** The convolution's result reduced a little, since a graph's output keeps its layout. */
function graphOf(shapes: Shapes, make: Make): Graph {
  const graph = new Graph();
  graph.opsets.set("", 18);
  const g = new Builder(graph);
  const inputs = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, graph.addInput(name, "float32", shape)]),
  );
  graph.outputs.push(g.scale(make(g, inputs), 2));
  return graph;
}

function drawn(name: string, shape: readonly number[]): Tensor {
  const random = rng("blocked", name);
  return tensor("float32", shape, Float32Array.from({ length: sizeOf(shape) }, random.normal));
}

async function result(graph: Graph, feeds: Record<string, Tensor>): Promise<Tensor> {
  const session = await cpu.session(encodeGraph(graph));
  try {
    return Object.values(await session.run(feeds))[0]!;
  } finally {
    await session.release();
  }
}
