import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { infoNce } from "../../src/artifacts/losses/info_nce.ts";
import { arrays } from "../../src/data/arrays.ts";
import { Graph } from "../../src/onnx/graph.ts";
import type { Model } from "../../src/onnx/model.ts";
import { modelFromGraph } from "../../src/onnx/model_from_graph.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { hashed } from "../autodiff/golden_numbers.ts";

const [N, D] = [5, 3];
const TEMPERATURE = 0.5;
const start = { a: hashed("a", 9), b: hashed("b", 9) };
const x = tensor("float32", [N, D], hashed("x", N * D).map((u) => 2 * u));
const loss = infoNce({ output: "v", temperature: TEMPERATURE });

/** u = x·A and v = x·B. */
function twoOutputs(columns = D): Model {
  const graph = new Graph();
  graph.opsets.set("", 17);
  const input = graph.addInput("x", "float32", ["N", D]);
  for (const [name, weight, width] of [["u", "a", D], ["v", "b", columns]] as const) {
    const numbers = start[weight].slice(0, D * width);
    const constant = graph.addConstant(`${weight}.weight`, tensor("float32", [D, width], numbers));
    const [value] = graph.add("MatMul", [input, constant], { outputs: [name] }).outputs;
    value!.type = "float32";
    value!.shape = ["N", width];
    graph.outputs.push(value!);
  }
  return modelFromGraph(graph, { name: "two outputs" });
}

/** The same in double precision. */
function expected(
  weights: Readonly<Record<"a" | "b", ArrayLike<number>>>,
  groups: readonly number[],
  counts: readonly number[],
): number {
  const rows = (weight: ArrayLike<number>) =>
    groups.map((_, n) => {
      const row = [0, 1, 2].map((c) =>
        [0, 1, 2].reduce((sum, k) => sum + x.data[n * D + k]! * weight[k * D + c]!, 0)
      );
      const length = Math.hypot(...row);
      return row.map((one) => one / length);
    });
  const [u, v] = [rows(weights.a), rows(weights.b)];
  const one = (from: number[][], to: number[][], i: number) => {
    const similar = (j: number) =>
      from[i]!.reduce((sum, value, c) => sum + value * to[j]![c]!, 0) / TEMPERATURE;
    const others = groups.map((_, j) => j).filter((j) =>
      j === i || groups[j] !== groups[i] && counts[j]! > 0
    );
    return Math.log(others.reduce((sum, j) => sum + Math.exp(similar(j)), 0)) - similar(i);
  };
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce(
    (sum, count, i) => sum + count * (one(u, v, i) + one(v, u, i)) / 2 / total,
    0,
  );
}

for (
  const [name, groups, counts] of [
    ["all different", [0, 1, 2, 3, 4], [1, 1, 1, 1, 1]],
    ["two that say the same", [0, 1, 0, 2, 1], [1, 1, 1, 1, 1]],
    ["weights, and a row that only fills the batch", [0, 1, 0, 2, 3], [1, 2, 0.5, 1, 0]],
  ] as const
) {
  Deno.test(`infoNce() and its gradient are those in double precision: ${name}`, async () => {
    const targets = tensor("int64", [N], groups);
    const weights = tensor("float32", [N], counts);
    const found = await valueAndGrad(twoOutputs(), { x }, targets, { loss, weights });
    assertAlmostEquals(found.loss, expected(start, groups, counts), 2e-6);
    const step = 1e-5;
    for (const which of ["a", "b"] as const) {
      found.gradients.get(`${which}.weight`)!.data.forEach((slope, at) => {
        const moved = (by: number) => {
          const weight = Float64Array.from(start[which]);
          weight[at]! += by;
          return expected({ ...start, [which]: weight }, groups, counts);
        };
        assertAlmostEquals(slope, (moved(step) - moved(-step)) / (2 * step), 1e-5);
      });
    }
  });
}

Deno.test("infoNce() is reported by evaluate, and refuses outputs that do not pair", async () => {
  const groups = [0, 1, 2, 3, 4];
  const data = arrays({ inputs: { x }, targets: tensor("int64", [N], groups) });
  const report = await evaluate(twoOutputs(), data, { loss, verbose: false });
  assertAlmostEquals(report.loss, expected(start, groups, [1, 1, 1, 1, 1]), 2e-6);
  assertEquals(loss.targets, "groups");
  const targets = tensor("int64", [N], groups);
  await assertRejects(
    () => valueAndGrad(twoOutputs(2), { x }, targets, { loss }),
    TypeError,
    '"v" [5,2]',
  );
});
