import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { writeOut } from "../../src/autodiff/written/mod.ts";
import { Graph } from "../../src/onnx/graph.ts";
import { normalise } from "../../src/onnx/passes/normalise.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { makeStatic } from "../../src/runtime/static_graph.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { type Case, checkGradients } from "./central_differences.ts";
import { hashed } from "./golden_numbers.ts";

/** What an operator gives, in one piece or written out. */
async function run(row: Case, isWritten: boolean): Promise<Tensor[]> {
  const graph = new Graph();
  graph.opsets.set("", row.opset ?? 18);
  if (row.space) graph.opsets.set(row.space, 1);
  const feeds: Record<string, Tensor> = {};
  const inputs = row.inputs.map((input, n) => {
    if (!input) return undefined;
    if (!Array.isArray(input)) return graph.addConstant(`c${n}`, input as Tensor);
    const numbers = hashed(`${row.op}${n}`, sizeOf(input)).map(row.domain ?? ((x) => x));
    feeds[`x${n}`] = tensor("float32", input, numbers);
    return graph.addInput(`x${n}`, "float32", input);
  });
  const outputs = Array.from({ length: row.outputs ?? 1 }, (_, n) => `y${n}`);
  const node = graph.add(row.op, inputs, {
    outputs,
    attributes: row.attributes ?? {},
    domain: row.space ?? "",
  });
  graph.outputs.push(...node.outputs.map((value) => value!));
  if (isWritten) normalise(graph);
  await makeStatic(graph, () => false);
  if (isWritten) writeOut(graph);
  const isSame = (one: { readonly opType: string; readonly domain: string }) =>
    one.opType === row.op && one.domain === (row.space ?? "");
  if (isWritten) assert(![...graph.nodes].some(isSame), `${row.op} is written out`);
  const session = await cpu.session(encodeGraph(graph));
  const results = await session.run(feeds);
  await session.release();
  return outputs.map((name) => results[name]!);
}

/** Registers tests for every case: its values as the engine gives them, its gradients by differences. */
export function checkWritten(cases: readonly Case[]): void {
  checkSame(cases);
  checkGradients(cases);
}

/** Registers a test for every case: its values as the engine gives them. */
export function checkSame(cases: readonly Case[]): void {
  for (const row of cases) {
    const set = Object.entries(row.attributes ?? {}).map(([name, one]) =>
      `${name}=${"value" in one ? one.value : ""}`
    );
    const text = [row.op, ...set, `${row.inputs.length} inputs`].join(" ");
    Deno.test(`${text}: written out it gives what it gives in one piece`, async () => {
      const [whole, apart] = [await run(row, false), await run(row, true)];
      whole.forEach((expected, n) => {
        assertEquals(apart[n]!.dims, expected.dims);
        assert(expected.data.some((number) => Number(number) !== 0));
        expected.data.forEach((number, i) =>
          assertAlmostEquals(Number(apart[n]!.data[i]), Number(number), 2e-5)
        );
      });
    });
  }
}
