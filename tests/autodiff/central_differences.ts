import { assert, assertEquals } from "@std/assert";
import { Builder } from "../../src/autodiff/builder.ts";
import { writeOut } from "../../src/autodiff/written/mod.ts";
import { gradients } from "../../src/autodiff/gradients.ts";
import type { Attribute } from "../../src/onnx/attribute.ts";
import { Graph } from "../../src/onnx/graph.ts";
import { normalise } from "../../src/onnx/passes/normalise.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { makeStatic } from "../../src/runtime/static_graph.ts";
import { rng } from "../../src/tensor/rng.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";

/**
 * One operator at one setting: float inputs, given by their shapes, are differentiated, given tensors
 * are constants.
 */
export interface Case {
  readonly op: string;
  readonly inputs: readonly (readonly number[] | Tensor | undefined)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputs?: number;
  /** Outputs that are differentiated through; the others may be integers. @default {all} */
  readonly through?: number;
  /** Operator set. @default {18} */
  readonly opset?: number;
  /** Domain of the operator. */
  readonly space?: string;
  /** Moves the random inputs away from where the operator is not smooth or not defined. */
  readonly domain?: (x: number) => number;
}

/** Σ weight·output of a case, its gradients, and its inputs. */
async function build(row: Case) {
  const graph = new Graph();
  graph.opsets.set("", row.opset ?? 18);
  const random = rng("gradients", row.op, row.inputs.length);
  const draw = (dims: readonly number[], move = row.domain ?? ((x) => x)) =>
    tensor(
      "float32",
      dims,
      Float32Array.from({ length: sizeOf(dims) }, () => move(random.normal())),
    );
  const feeds: Record<string, Tensor<"float32">> = {};
  const inputs = row.inputs.map((input, n) => {
    if (!input) return undefined;
    if (!Array.isArray(input)) return graph.addConstant(`c${n}`, input as Tensor);
    feeds[`x${n}`] = draw(input);
    return graph.addInput(`x${n}`, "float32", input);
  });
  const outputs = Array.from({ length: row.outputs ?? 1 }, (_, n) => `y${n}`);
  const node = graph.add(row.op, inputs, {
    outputs,
    attributes: row.attributes ?? {},
    domain: row.space ?? "",
  });
  graph.outputs.push(...node.outputs.map((value) => value!));
  normalise(graph);
  await makeStatic(cpu, graph, () => false);
  writeOut(graph);
  const g = new Builder(graph);
  const parts = graph.outputs.slice(0, row.through ?? outputs.length).map((value) => {
    const weights = g.constant(draw(value!.shape as number[], (x) => x));
    const product = g.mul(value!, weights);
    return g.reduceSum(product, product.shape!.map((_, axis) => axis), false);
  });
  const loss = g.sum(parts);
  const wanted = inputs.filter((value) => value !== undefined).filter((value) => feeds[value.name]);
  const found = gradients(g, loss, wanted);
  graph.outputs.splice(0, graph.outputs.length, loss, ...found.values());
  return { graph, feeds, loss, found };
}

/** Registers a test for every case: its gradients against central differences in a random direction. */
export function checkGradients(cases: readonly Case[]): void {
  for (const row of cases) {
    const shapes = row.inputs.map((one) => Array.isArray(one) ? `[${one}]` : "const").join(" ");
    const set = Object.entries(row.attributes ?? {}).map(([name, one]) =>
      `${name}=${"value" in one ? one.value : ""}`
    ).join(" ");
    Deno.test(`gradients() of ${row.op} ${shapes} ${set} are those of central differences`, async () => {
      const { graph, feeds, loss, found } = await build(row);
      const session = await cpu.session(encodeGraph(graph));
      const results = await session.run(feeds);
      for (const [input, gradient] of found) {
        const at = feeds[input.name]!;
        const random = rng("direction", input.name);
        const direction = Float32Array.from(at.data, () => random.normal());
        const step = 1e-2;
        const value = async (sign: number) => {
          const data = at.data.map((x, i) => x + sign * step * direction[i]!);
          const moved = { ...feeds, [input.name]: tensor("float32", at.dims, data) };
          return Number((await session.run(moved, {}, [loss.name]))[loss.name]!.data[0]);
        };
        const measured = (await value(1) - await value(-1)) / (2 * step);
        const data = results[gradient.name]!.data as Float32Array;
        const exact = data.reduce((sum, number, i) => sum + number * direction[i]!, 0);
        const size = Math.hypot(...data) * Math.hypot(...direction) + 1e-3;
        assert(
          Math.abs(measured - exact) < 6e-3 * size,
          `by "${input.name}": ${exact}, by central differences ${measured}`,
        );
      }
      assertEquals(found.size, Object.keys(feeds).length);
      await session.release();
    });
  }
}
