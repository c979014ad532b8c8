import { assert, assertEquals } from "@std/assert";
import { Builder } from "../../src/autodiff/builder.ts";
import { LACKS, writeOutFor } from "../../src/autodiff/lowering/devices.ts";
import { float, int, ints } from "../../src/onnx/attribute.ts";
import { Graph } from "../../src/onnx/graph.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { hashed } from "./golden_numbers.ts";
import { differentiate, type OneOperator } from "./one_operator.ts";

/** Numbers of a few values only, so that windows have ties, zeros among them. */
function tied(dims: readonly number[], name: string): Tensor {
  const count = dims.reduce((a, b) => a * b, 1);
  return tensor("float32", dims, [...hashed(name, count)].map((u) => Math.round(3 * u)));
}

const windows: readonly [name: string, dims: number[], attributes: OneOperator["attributes"]][] = [
  ["windows side by side", [2, 3, 6, 6], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }],
  ["windows that overlap, padded", [1, 2, 7, 6], {
    kernel_shape: ints([3, 3]),
    strides: ints([2, 2]),
    pads: ints([1, 1, 1, 1]),
  }],
  ["windows that reach past the end", [1, 2, 6, 7], {
    kernel_shape: ints([3, 2]),
    strides: ints([2, 2]),
    ceil_mode: int(1),
  }],
  ["dilated windows", [1, 1, 7, 7], { kernel_shape: ints([2, 3]), dilations: ints([2, 2]) }],
  ["one axis, a row left over", [2, 2, 8], { kernel_shape: ints([3]), strides: ints([3]) }],
  ["all below zero beside padding", [1, 1, 3, 3], {
    kernel_shape: ints([2, 2]),
    pads: ints([1, 1, 0, 0]),
  }],
];

for (const [name, dims, attributes] of windows) {
  Deno.test(`MaxPool's gradient needs no indices: ${name}`, async () => {
    const lowered = name.startsWith("all below") ? tied(dims, name).data : undefined;
    const x = lowered
      ? tensor("float32", dims, [...lowered as Float32Array].map((v) => v - 5))
      : tied(dims, name);
    const gradient = async (lacks: OneOperator["lacks"]) => {
      const made = await differentiate({
        op: "MaxPool",
        attributes: attributes!,
        inputs: [{ tensor: x, isConstant: false }],
        outputs: 1,
        weights: (_, y) => {
          const shape = y.shape as number[];
          return tensor("float32", shape, [...hashed("w", shape.reduce((a, b) => a * b, 1))]);
        },
        ...(lacks && { lacks }),
      });
      const operators = [...made.graph.nodes].map((node) => node.opType);
      const session = await cpu.session(encodeGraph(made.graph));
      const results = await session.run(made.feeds);
      await session.release();
      const [value] = [...made.found.values()];
      return { operators, data: results[value!.name]!.data as Float32Array };
    };
    const back = (operators: readonly string[]) =>
      operators.filter((one) => ["MaxUnpool", "ScatterElements"].includes(one));
    const known = await gradient(LACKS.cuda);
    assertEquals(back(known.operators), ["ScatterElements"]);
    const own = await gradient(undefined);
    const isApart = ["windows side by side", "one axis, a row left over"].includes(name);
    assertEquals(back(own.operators), [isApart ? "MaxUnpool" : "ScatterElements"]);
    assertEquals(own.data, known.data);
    const without = await gradient(LACKS.webgpu);
    assertEquals(back(without.operators), []);
    // Sums of a few terms come in another order.
    known.data.forEach((one, at) => assert(Math.abs(one - without.data[at]!) < 1e-6, `${at}`));
  });
}

Deno.test("a batch normalisation by the batch is written out for devices without it", async () => {
  const graph = new Graph();
  graph.opsets.set("", 18);
  const x = graph.addInput("x", "float32", [4, 3, 5]);
  const others = ["scale", "bias", "mean", "variance"].map((name) =>
    graph.addInput(name, "float32", [3])
  );
  const node = graph.add("BatchNormalization", [x, ...others], {
    outputs: ["y", "batch_mean", "batch_variance"],
    attributes: { training_mode: int(1), momentum: float(0), epsilon: float(1e-3) },
  });
  node.outputs.forEach((value, at) => {
    Object.assign(value!, { type: "float32", shape: at === 0 ? [4, 3, 5] : [3] });
    graph.outputs.push(value!);
  });
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, shape }) => {
      const dims = shape as number[];
      return [name, tensor("float32", dims, [...hashed(name, dims.reduce((a, b) => a * b, 1))])];
    }),
  );
  const run = async (graph: Graph) => {
    const session = await cpu.session(encodeGraph(graph));
    const results = await session.run(feeds);
    await session.release();
    return results;
  };
  const known = await run(graph);
  writeOutFor("cpu", graph);
  assertEquals([...graph.nodes].map(({ opType }) => opType), ["BatchNormalization"]);
  for (const device of ["cuda", "webgpu"] as const) {
    const own = graph.clone();
    writeOutFor(device, own);
    assertEquals([...own.nodes].some(({ opType }) => opType === "BatchNormalization"), false);
    const written = await run(own);
    for (const { name } of graph.outputs) {
      (known[name]!.data as Float32Array).forEach((one, at) =>
        assert(Math.abs(one - Number(written[name]!.data[at])) < 2e-6, `${device} ${name} ${at}`)
      );
    }
  }
});

Deno.test("a batch normalisation by running statistics stays", () => {
  const graph = new Graph();
  graph.opsets.set("", 18);
  const g = new Builder(graph);
  const x = graph.addInput("x", "float32", [4, 3, 5]);
  const others = ["scale", "bias", "mean", "variance"].map((name) =>
    graph.addInput(name, "float32", [3])
  );
  graph.outputs.push(g.op("BatchNormalization", [x, ...others], [4, 3, 5]));
  writeOutFor("webgpu", graph);
  assertEquals([...graph.nodes].map(({ opType }) => opType), ["BatchNormalization"]);
});
