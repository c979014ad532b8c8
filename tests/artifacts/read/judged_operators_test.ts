/**
 * Every lowering on the stock runtime beside the kernel of ONNX Runtime's own training.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { lowerTraining } from "../../../src/artifacts/read/lower_training.ts";
import { encode } from "../../../src/autodiff/values.ts";
import { Graph } from "../../../src/onnx/graph.ts";
import { encodeGraph } from "../../../src/onnx/write_model.ts";
import { cpu } from "../../../src/runtime/onnxruntime.ts";
import { makeStatic } from "../../../src/runtime/static_graph.ts";
import { int64s, type Tensor, toNumbers } from "../../../src/tensor/tensor.ts";
import { judgedTest, officialRuntime, runOfficial } from "../official_runtime.ts";
import { OPERATOR_CASES, type OperatorCase, type Step } from "./operator_cases.ts";

type Results = Readonly<Record<string, { dims: readonly number[]; data: readonly number[] }>>;

/** Largest difference, relative to the largest element. */
const TOLERANCE = 1e-5;

const SCRIPT = `
import { loadOrt } from ${JSON.stringify("RUNTIME")};
const ort = await loadOrt();
const arrays = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array, bool: Uint8Array };
const cases = JSON.parse(Deno.readTextFileSync(Deno.args[0]));
const results = [];
for (const { claim, model, feeds } of cases) {
  console.log(claim);
  const session = await ort.InferenceSession.create(Uint8Array.from(model));
  const given = Object.fromEntries(Object.entries(feeds).map(([name, { type, dims, data }]) => [
    name,
    new ort.Tensor(type, arrays[type].from(type === "int64" ? data.map(BigInt) : data), dims),
  ]));
  const found = await session.run(given);
  results.push(Object.fromEntries(Object.entries(found).map(([name, { dims, data }]) => [
    name,
    { dims, data: Array.from(data, Number) },
  ])));
}
Deno.writeTextFileSync(Deno.args[1], JSON.stringify(results));
`;

function graphOf({ feeds, steps, outputs, declared = {} }: OperatorCase): Graph {
  const graph = new Graph();
  graph.opsets.set("", 17);
  for (const [name, { type, dims }] of Object.entries(feeds)) graph.addInput(name, type, dims);
  for (const step of steps) addStep(graph, step);
  for (const name of outputs) graph.outputs.push(graph.value(name));
  for (const [name, shape] of Object.entries(declared)) {
    Object.assign(graph.value(name), { type: "float32", shape });
  }
  return graph;
}

function addStep(graph: Graph, [op, inputs, outputs, attributes = {}]: Step): void {
  const names = (text: string) => text.split(" ").map((name) => name === "-" ? "" : name);
  if (op === "constant") {
    const numbers = attributes.value as number[];
    graph.addConstant(outputs, int64s(numbers, attributes.scalar ? [] : [numbers.length]));
    return;
  }
  const [domain, opType] = op.startsWith("com.microsoft.")
    ? ["com.microsoft", op.slice("com.microsoft.".length)]
    : ["", op];
  const encoded = Object.entries(attributes).map(([name, value]) => [name, encode(value!)]);
  graph.add(opType, names(inputs).map((name) => name ? graph.value(name) : undefined), {
    domain,
    outputs: names(outputs),
    attributes: Object.fromEntries(encoded),
  });
}

async function official(cases: readonly OperatorCase[]): Promise<Results[]> {
  const folder = await Deno.makeTempDir();
  try {
    const [script, given, made] = ["run.mjs", "cases.json", "results.json"]
      .map((name) => join(folder, name)) as [string, string, string];
    const url = toFileUrl(join(officialRuntime()!, "run.mjs")).href;
    await Deno.writeTextFile(script, SCRIPT.replace("RUNTIME", url));
    const written = cases.map((one) => ({
      claim: one.claim,
      model: [...encodeGraph(graphOf(one))],
      feeds: Object.fromEntries(
        Object.entries(one.feeds).map(([name, tensor]) => [name, plain(tensor)]),
      ),
    }));
    await Deno.writeTextFile(given, JSON.stringify(written));
    const { success, text } = await runOfficial(script, [given, made]);
    assert(success, text);
    return JSON.parse(await Deno.readTextFile(made));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function lowered(one: OperatorCase): Promise<Tensor[]> {
  const graph = graphOf(one);
  await lowerTraining(graph, (part) => makeStatic(cpu, part, () => false));
  const read = new Set(graph.inputs.filter(({ consumers }) => consumers.size > 0));
  for (const input of [...graph.inputs]) if (!read.has(input)) graph.removeSource(input);
  const session = await cpu.session(encodeGraph(graph));
  const names = new Set(session.inputs);
  const feeds = Object.entries(one.feeds).filter(([name]) => names.has(name));
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return graph.outputs.map(({ name }) => results[name]!);
}

function plain(tensor: Tensor) {
  return { type: tensor.type, dims: tensor.dims, data: toNumbers(tensor) };
}

function assertClose(found: Tensor, expected: Results[string], what: string): void {
  assertEquals(found.dims, expected.dims, what);
  const largest = Math.max(1e-3, ...expected.data.map(Math.abs));
  toNumbers(found).forEach((number, i) => {
    const error = Math.abs(number - expected.data[i]!) / largest;
    assert(error < TOLERANCE, `${what}[${i}]: ${number} for ${expected.data[i]}`);
  });
}

judgedTest("every lowering gives what the official kernel gives", [], async () => {
  const expected = await official(OPERATOR_CASES);
  const problems: string[] = [];
  for (const [index, one] of OPERATOR_CASES.entries()) {
    try {
      const found = await lowered(one);
      one.outputs.forEach((name, position) =>
        assertClose(found[position]!, expected[index]![name]!, name)
      );
    } catch (error) {
      problems.push(`${one.claim}: ${(error as Error).message}`);
    }
  }
  assertEquals(problems, []);
});
