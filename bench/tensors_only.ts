import type { Model, Tensor } from "../mod.ts";
import { constant } from "../models/initializers.ts";
import { input, network, output, toModel } from "../models/network.ts";

/**
 * A model with parameters of the shapes given and hardly anything to compute: y = x·m of `[N, 1]`,
 * with m the mean of all their elements. For measuring what happens to parameters.
 */
export function tensorsOnly(shapes: readonly (readonly number[])[]): Model {
  const net = network(0);
  const { graph } = net;
  const x = input(net, "x", ["batch", 1]);
  const count = shapes.reduce((sum, dims) => sum + dims.reduce((size, dim) => size * dim, 1), 0);
  const share: Tensor = { type: "float32", dims: [1], data: Float32Array.of(1 / count) };
  const factor = graph.addConstant("factor", share);
  const sums = shapes.map((dims, index) => {
    const weight = graph.addConstant(`tensor${index}.weight`, constant(1e-3)(dims, []));
    const scaled = graph.add("Mul", [weight, factor]).outputs[0];
    return graph.add("ReduceSum", [scaled], {
      attributes: { keepdims: { kind: "int", value: 0 } },
    }).outputs[0];
  });
  const sum = graph.add("Sum", sums).outputs[0];
  const y = graph.add("Mul", [x, sum], { outputs: ["y"] }).outputs[0]!;
  y.type = "float32";
  y.shape = ["batch", 1];
  output(net, y);
  return toModel(net, { name: "tensors" });
}
