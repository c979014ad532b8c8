/** Branches and loops, written out so that gradients pass them. */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { create } from "@bufbuild/protobuf";
import type { Model } from "../../src/onnx/model.ts";
import { withWeights } from "../../src/onnx/model_from_graph.ts";
import { readModel } from "../../src/onnx/read_model.ts";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
} from "../../src/onnx/wire/onnx_pb.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import {
  info,
  modelBytes,
  modelProto,
  node,
  type Parts,
  tensorProto,
  TYPE,
  weight,
} from "./proto.ts";

const body = (parts: Parts): GraphProto => modelProto(parts).graph!;
const integer = (name: string, value: number) =>
  tensorProto({ name, dataType: TYPE.int64, int64Data: [BigInt(value)] });
const truth = (name: string, value: boolean) =>
  tensorProto({ name, dataType: TYPE.bool, int32Data: [value ? 1 : 0] });

/** A node with graphs among its attributes. */
function withGraphs(made: ReturnType<typeof node>, graphs: Readonly<Record<string, GraphProto>>) {
  for (const [name, g] of Object.entries(graphs)) {
    made.attribute.push(create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.GRAPH,
      g,
    }));
  }
  return made;
}

/** h ← tanh(h·w + b), with the weight around the body and the bias inside. */
const step: Parts = {
  inputs: [info("turn", [], TYPE.int64), info("on", [], TYPE.bool), info("h", ["N", 2])],
  nodes: [
    node("Identity", ["on"], ["goes"]),
    node("MatMul", ["h", "w"], ["product"]),
    node("Add", ["product", "b"], ["sum"]),
    node("Tanh", ["sum"], ["next"]),
    node("Identity", ["next"], ["seen"]),
  ],
  outputs: [info("goes", [], TYPE.bool), info("next", ["N", 2]), info("seen", ["N", 2])],
  weights: [weight("b", [2], [0.1, -0.2])],
};
const w = weight("w", [2, 2], [0.7, -0.4, 0.3, 0.9]);
const looped = (count: number): Parts => ({
  opset: 18,
  inputs: [info("x", ["N", 2])],
  nodes: [
    withGraphs(node("Loop", ["count", "go", "x"], ["last", "all"]), { body: body(step) }),
    node("ReduceSum", ["all", "first"], ["total"], { keepdims: 0 }),
    node("Add", ["last", "total"], ["y"]),
  ],
  outputs: [info("y", ["N", 2])],
  weights: [
    w,
    integer("count", count),
    truth("go", true),
    tensorProto({
      name: "first",
      dims: [1n],
      dataType: TYPE.int64,
      int64Data: [0n],
    }),
  ],
});

/** A running sum by a weight over the second axis, once forwards and once backwards. */
const scanned: Parts = {
  opset: 18,
  inputs: [info("x", ["N", 3, 2])],
  nodes: [
    node("ReduceMean", ["x", "axes"], ["start"], { keepdims: 0 }),
    withGraphs(
      node("Scan", ["start", "x", "x"], ["last", "all"], {
        num_scan_inputs: 2,
        scan_input_axes: [1, 1],
        scan_input_directions: [0, 1],
        scan_output_axes: [1],
        scan_output_directions: [1],
      }),
      {
        body: body({
          inputs: [info("h", ["N", 2]), info("a", ["N", 2]), info("c", ["N", 2])],
          nodes: [
            node("MatMul", ["h", "w"], ["hw"]),
            node("Mul", ["a", "c"], ["ac"]),
            node("Add", ["hw", "ac"], ["sum"]),
            node("Sigmoid", ["sum"], ["next"]),
            node("Identity", ["sum"], ["seen"]),
          ],
          outputs: [info("next", ["N", 2]), info("seen", ["N", 2])],
        }),
      },
    ),
    node("Flatten", ["all"], ["flat"]),
    node("Concat", ["last", "flat"], ["y"], { axis: 1 }),
  ],
  outputs: [info("y", ["N", 8])],
  weights: [
    w,
    tensorProto({ name: "axes", dims: [1n], dataType: TYPE.int64, int64Data: [1n] }),
  ],
};

/** One of two products, by the sign of a sum of the input. */
const branched: Parts = {
  opset: 18,
  inputs: [info("x", ["N", 2])],
  nodes: [
    node("ReduceSum", ["x"], ["total"], { keepdims: 0 }),
    node("Greater", ["total", "zero"], ["is_positive"]),
    node("MatMul", ["x", "w"], ["h"]),
    withGraphs(node("If", ["is_positive"], ["y"]), {
      then_branch: body({
        inputs: [],
        nodes: [node("Mul", ["h", "v"], ["left"])],
        outputs: [info("left", ["N", 2])],
        weights: [weight("v", [2], [2, 3])],
      }),
      else_branch: body({
        inputs: [],
        nodes: [node("Tanh", ["h"], ["right"])],
        outputs: [info("right", ["N", 2])],
      }),
    }),
  ],
  outputs: [info("y", ["N", 2])],
  weights: [w, weight("zero", [], [0])],
};

/** The gradients are those of central differences, the outputs those of the engine on the file. */
async function check(parts: Parts, x: Tensor<"float32">): Promise<Model> {
  const bytes = modelBytes(parts);
  const model = await readModel(bytes);
  const targets = tensor(
    "int64",
    [x.dims[0]!],
    Array.from({ length: x.dims[0]! }, (_, i) => i % 2),
  );
  const { gradients, outputs } = await valueAndGrad(model, { x }, targets);
  const session = await cpu.session(bytes);
  const expected = await session.run({ x });
  await session.release();
  outputs.y!.data.forEach((number, i) =>
    assertAlmostEquals(Number(number), Number(expected.y!.data[i]), 1e-5)
  );
  const lossWith = async (name: string, data: Float32Array<ArrayBuffer>) => {
    const { shape } = model.parameters.get(name)!;
    const moved = withWeights(model, new Map([[name, tensor("float32", shape, data)]]));
    return (await valueAndGrad(moved, { x }, targets)).loss;
  };
  for (const [name, gradient] of gradients) {
    const at = model.parameters.get(name)!.value.data as Float32Array;
    const move = (step: number) => Float32Array.from(at, (one, i) => one + step * (i % 2 ? -1 : 1));
    const slope = (await lossWith(name, move(1e-2)) - await lossWith(name, move(-1e-2))) / 2e-2;
    const exact = gradient.data.reduce((sum, one, i) => sum + one * (i % 2 ? -1 : 1), 0);
    assertAlmostEquals(exact, slope, 1e-3);
    assert(gradient.data.some((one) => one !== 0), `"${name}" has a gradient`);
  }
  return model;
}

const two = tensor("float32", [2, 2], [0.5, -1, 0.8, 0.3]);

Deno.test("a loop of a constant number of turns is differentiated, weights inside it included", async () => {
  const model = await check(looped(3), two);
  assertEquals(new Set(model.parameters.keys()), new Set(["w", "b"]));
});

Deno.test("a scan is differentiated in both directions", async () => {
  const numbers = [0.2, -0.6, 1.1, 0.4, -0.3, 0.9, 0.7, 0.1, -0.8, 0.5, 0.6, -0.2];
  await check(scanned, tensor("float32", [2, 3, 2], numbers));
});

Deno.test("a branch on a condition that is computed is differentiated on the side that is taken", async () => {
  await check(branched, tensor("float32", [1, 2], [1, 0.5]));
  const model = await readModel(modelBytes(branched));
  const other = tensor("float32", [1, 2], [-1, -0.5]);
  const { gradients } = await valueAndGrad(model, { x: other }, tensor("int64", [1], [1]));
  assertEquals([...gradients.get("v")!.data].map(Math.abs), [0, 0]);
  assert(gradients.get("w")!.data.some((one) => one !== 0));
});

Deno.test("a loop that may end early is named", async () => {
  const early: Parts = {
    ...looped(3),
    nodes: [
      withGraphs(node("Loop", ["count", "go", "x"], ["last", "all"], {}, "search"), {
        body: body({
          ...step,
          nodes: [
            node("ReduceSum", ["h"], ["total"], { keepdims: 0 }),
            node("Greater", ["total", "limit"], ["goes"]),
            ...step.nodes.slice(1),
          ],
          weights: [
            ...step.weights!,
            weight("limit", [], [0]),
          ],
        }),
      }),
      ...looped(3).nodes.slice(1),
    ],
  };
  const model = await readModel(modelBytes(early));
  const error = await assertRejects(
    () => valueAndGrad(model, { x: two }, tensor("int64", [2], [0, 1])),
    TypeError,
  );
  assert(error.message.includes('"search" (Loop)'), error.message);
});
