import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { writeOut } from "../../src/autodiff/written/mod.ts";
import { type Attribute, float, int, string } from "../../src/onnx/attribute.ts";
import { Graph } from "../../src/onnx/graph.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { makeStatic } from "../../src/runtime/static_graph.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { type Case, checkGradients } from "./central_differences.ts";
import { hashed } from "./golden_numbers.ts";

/** Four steps of two sequences of three numbers, two units. */
const [STEPS, BATCH, FEATURES, UNITS] = [4, 2, 3, 2];
const GATES = { RNN: 1, GRU: 3, LSTM: 4 } as const;
const lengths = tensor("int32", [BATCH], [4, 2]);

function layer(
  op: keyof typeof GATES,
  attributes: Readonly<Record<string, Attribute>>,
  more: { readonly lengths?: boolean; readonly states?: boolean; readonly peepholes?: boolean } =
    {},
): Case {
  const direction = attributes["direction"];
  const d = direction?.kind === "string" && direction.value === "bidirectional" ? 2 : 1;
  const rows = GATES[op] * UNITS;
  const whole = tensor("int32", [BATCH], [STEPS, STEPS]);
  const state = more.states || more.peepholes ? [[d, BATCH, UNITS]] : [];
  return {
    op,
    inputs: [
      [STEPS, BATCH, FEATURES],
      [d, rows, FEATURES],
      [d, rows, UNITS],
      [d, 2 * rows],
      more.lengths ? lengths : whole,
      ...state,
      ...op === "LSTM" ? state : [],
      ...more.peepholes ? [[d, 3 * UNITS]] : [],
    ],
    attributes: { hidden_size: int(UNITS), ...attributes },
    outputs: op === "LSTM" ? 3 : 2,
  };
}

const CASES: readonly Case[] = (["RNN", "GRU", "LSTM"] as const).flatMap((op) => [
  layer(op, {}),
  layer(op, { direction: string("reverse") }, { lengths: true }),
  layer(op, { direction: string("bidirectional") }, { lengths: true, states: true }),
  layer(op, { clip: float(0.8) }, { states: true }),
]).concat([
  layer("GRU", { linear_before_reset: int(1) }, { states: true }),
  layer("LSTM", {}, { peepholes: true }),
  layer("LSTM", { input_forget: int(1) }, { states: true }),
]);

/** What the layer gives, in one piece or step by step. */
async function run(row: Case, isUnrolled: boolean): Promise<Tensor[]> {
  const graph = new Graph();
  graph.opsets.set("", 18);
  const feeds: Record<string, Tensor> = {};
  const inputs = row.inputs.map((input, n) => {
    if (!Array.isArray(input)) return graph.addConstant(`c${n}`, input as Tensor);
    feeds[`x${n}`] = tensor("float32", input, hashed(`${row.op}${n}`, sizeOf(input)));
    return graph.addInput(`x${n}`, "float32", input);
  });
  const outputs = Array.from({ length: row.outputs! }, (_, n) => `y${n}`);
  const node = graph.add(row.op, inputs, { outputs, attributes: row.attributes! });
  graph.outputs.push(...node.outputs.map((value) => value!));
  await makeStatic(cpu, graph, () => false);
  if (isUnrolled) writeOut(graph);
  assertEquals([...graph.nodes].some((one) => one.opType === row.op), !isUnrolled);
  const session = await cpu.session(encodeGraph(graph));
  const results = await session.run(feeds);
  await session.release();
  return outputs.map((name) => results[name]!);
}

for (const row of CASES) {
  const { hidden_size: _, ...set } = row.attributes!;
  const text = [row.op, ...Object.keys(set), `${row.inputs.length} inputs`].join(" ");
  Deno.test(`${text}: the steps written out give what the layer gives`, async () => {
    const [whole, steps] = [await run(row, false), await run(row, true)];
    whole.forEach((expected, n) => {
      assertEquals(steps[n]!.dims, expected.dims);
      assert(expected.data.some((number) => Number(number) !== 0));
      expected.data.forEach((number, i) =>
        assertAlmostEquals(Number(steps[n]!.data[i]), Number(number), 1e-5)
      );
    });
  });
}

checkGradients(CASES.filter((row) => !("clip" in row.attributes!)));
