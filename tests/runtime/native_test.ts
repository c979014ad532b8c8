import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { int } from "../../src/onnx/attribute.ts";
import { Graph } from "../../src/onnx/graph.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { nativeEngine } from "../../src/runtime/native/engine.ts";
import { openNative } from "../../src/runtime/native/session.ts";
import { nodeCpu } from "../../src/runtime/onnxruntime.ts";
import type { Session } from "../../src/runtime/runtime.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";

const floats = (dims: number[], ...values: number[]) => tensor("float32", dims, values);

/** A product, its sum, its shape and which of its elements are not zero. */
function model(batch: number | string): Uint8Array {
  const graph = new Graph();
  graph.opsets.set("", 18);
  const x = graph.addInput("x", "float32", [batch, 3]);
  const w = graph.addConstant("w", floats([3, 2], 1, 2, 3, 4, 5, -6));
  const add = (op: string, name: string, ...inputs: (typeof x)[]) => {
    const [made] = graph.add(op, inputs, { outputs: [name] }).outputs;
    graph.outputs.push(made!);
    return made!;
  };
  const y = add("MatMul", "y", x, w);
  const sum = graph.add("ReduceSum", [y], { outputs: ["sum"], attributes: { keepdims: int(0) } });
  graph.outputs.push(sum.outputs[0]!);
  add("Shape", "shape", y);
  add("NonZero", "places", y);
  return encodeGraph(graph);
}

async function both(batch: number | string): Promise<Session[]> {
  return [await openNative(nativeEngine()!, model(batch)), await nodeCpu.session(model(batch))];
}

const plain = (tensors: Record<string, Tensor>) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { type, dims, data }]) => [
      name,
      [type, [...dims], Array.from(data as Float32Array)],
    ]),
  );

Deno.test("the engine gives by its C API what it gives by onnxruntime-node", async () => {
  for (const batch of [2, "N"]) {
    const sessions = await both(batch);
    assertEquals(sessions[0]!.inputs, sessions[1]!.inputs);
    assertEquals(sessions[0]!.outputs, sessions[1]!.outputs);
    const x = floats([2, 3], 1, 1, 1, 0.5, -1, 2);
    const [ours, theirs] = await Promise.all(sessions.map((one) => one.run({ x })));
    assertEquals(plain(ours!), plain(theirs!));
    const some = await sessions[0]!.run({ x }, {}, ["sum"]);
    assertEquals(plain(some), { sum: ["float32", [], [1.5]] });
    for (const session of sessions) await session.release();
  }
});

Deno.test("outputs are written where they are wanted, in one memory of WebAssembly too", async () => {
  const session = await openNative(nativeEngine()!, model("N"));
  const memory = new WebAssembly.Memory({ initial: 1 });
  const y = tensor("float32", [1, 2], new Float32Array(memory.buffer as ArrayBuffer, 64, 2));
  const x = floats([1, 3], 1, 2, 3);
  for (let turn = 1; turn <= 5; turn++) {
    x.data[0] = turn;
    const made = await session.run({ x }, { y }, ["y"]);
    assert(made.y === y);
    assertEquals([...new Float32Array(memory.buffer, 64, 2)], [turn + 21, 2 * turn - 10]);
  }
  await session.release();
});

Deno.test("the engine's errors come through, and what is fed is checked", async () => {
  const session = await openNative(nativeEngine()!, model(2));
  const error = await assertRejects(() => session.run({ x: floats([1, 3], 1, 1, 1) }), Error);
  assertStringIncludes(error.message, "invalid dimensions");
  const missing = await assertRejects(() => session.run({}), Error);
  assertStringIncludes(missing.message, 'not fed its input "x"');
  const extra = { x: floats([2, 3], 1, 1, 1, 1, 1, 1), z: floats([1], 1) };
  const unknown = await assertRejects(() => session.run(extra), Error);
  assertStringIncludes(unknown.message, 'has no input "z"');
  await session.release();
  await assertRejects(() => openNative(nativeEngine()!, Uint8Array.of(1, 2, 3)), Error);
});

Deno.test("examples of no rows, and many runs at once", async () => {
  const session = await openNative(nativeEngine()!, model("N"));
  const none = await session.run({ x: floats([0, 3]) }, {}, ["y", "shape"]);
  assertEquals([none.y!.dims, none.y!.data.length], [[0, 2], 0]);
  assertEquals([...none.shape!.data as BigInt64Array], [0n, 2n]);
  const runs = Array.from(
    { length: 20 },
    (_, i) => session.run({ x: floats([1, 3], i, 0, 0) }, {}, ["y"]),
  );
  const results = await Promise.all(runs);
  assertEquals(results.map(({ y }) => Number(y!.data[1])), results.map((_, i) => 2 * i));
  await session.release();
});
