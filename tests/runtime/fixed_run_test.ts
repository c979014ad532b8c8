import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Graph } from "../../src/onnx/graph.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { addressOf } from "../../src/runtime/native/binding.ts";
import { nativeEngine } from "../../src/runtime/native/engine.ts";
import { capturedOrNot } from "../../src/runtime/native/uncaptured.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import type { Resident, Session } from "../../src/runtime/runtime.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { Place } from "../../src/train/resident/place.ts";

/** next = state + x·scale, and its sum: state stays, x and scale come from the host, the sum goes there. */
function counting(): Uint8Array {
  const graph = new Graph();
  graph.opsets.set("", 18);
  const state = graph.addInput("state", "float32", [2]);
  const x = graph.addInput("x", "float32", [2]);
  const [scaled] = graph.add("Mul", [x, graph.addInput("scale", "float32", [])]).outputs;
  const [next] = graph.add("Add", [state, scaled!], { outputs: ["next"] }).outputs;
  const [sum] = graph.add("ReduceSum", [next!], { outputs: ["sum"] }).outputs;
  Object.assign(next!, { type: "float32", shape: [2] });
  Object.assign(sum!, { type: "float32", shape: [1] });
  graph.outputs.push(next!, sum!);
  return encodeGraph(graph);
}

const TURNS = new Map([["state", { input: "state", output: "next" }]]);

/** A new one each time: a tensor that comes again keeps its value of the engine. */
const scaleOne = () => tensor("float32", [], [1]);

const floats = (...values: number[]) => tensor("float32", [values.length], values);

/** Takes steps; gives the address that each read its state from, the sums, and how many values were ours. */
async function steps(count: number, captures: boolean) {
  const session = await cpu.session(counting(), { resident: ["next"], captures });
  const place = new Place(cpu);
  await place.fill(new Map([["state", floats(0, 0)]]));
  const addresses: bigint[] = [];
  const sums: number[] = [];
  const owned: number[] = [];
  for (let step = 1; step <= count; step++) {
    addresses.push(addressOf(place.now.get("state") as Resident));
    const feeds = { ...Object.fromEntries(place.now), x: floats(1, step), scale: scaleOne() };
    const { home, resident } = await session.runResident(feeds, place.into(TURNS));
    place.turn(TURNS, resident);
    sums.push(Number(home.sum!.data[0]));
    owned.push(nativeEngine()!.owned.size);
  }
  const end = (await place.bringHome()).get("state")!;
  await session.release();
  await place.release();
  return { addresses, sums, owned, end: [...end.data] };
}

for (const captures of [true, false]) {
  const how = captures ? "as a captured graph asks for" : "with new inputs in each step";
  Deno.test(`200 steps between two rooms, ${how}, reuse their memory and are right`, async () => {
    const before = nativeEngine()!.owned.size;
    const { addresses, sums, owned, end } = await steps(200, captures);
    assertEquals(sums, sums.map((_, at) => at + 1 + (at + 1) * (at + 2) / 2));
    assertEquals(end, [200, 200 * 201 / 2]);
    assertEquals(new Set(addresses).size, 2);
    addresses.slice(2).forEach((one, at) => assertEquals(one, addresses[at]));
    assertEquals(new Set(owned).size, 1);
    assertEquals(nativeEngine()!.owned.size, before);
  });
}

Deno.test("what is at home can be taken again, into the rooms that are there", async () => {
  const place = new Place(cpu);
  await place.fill(new Map([["state", floats(1, 2)]]));
  const address = addressOf(place.now.get("state") as Resident);
  place.forget();
  assertEquals(place.isEmpty, true);
  await place.fill(new Map([["state", floats(3, 4)]]));
  assertEquals(addressOf(place.now.get("state") as Resident), address);
  assertEquals([...(await place.bringHome()).get("state")!.data], [3, 4]);
  await place.release();
});

Deno.test("a captured session refuses tensors of another shape, and tensors that were freed", async () => {
  const session = await cpu.session(counting(), { resident: ["next"], captures: true });
  const rooms = (await cpu.rooms())!;
  const [state, next] = [rooms.make("float32", [2]), rooms.make("float32", [2])];
  await session.runResident({ state, x: floats(1, 2), scale: scaleOne() }, { next });
  const error = await assertRejects(
    () => session.runResident({ state, x: floats(1, 2, 3), scale: scaleOne() }, { next }),
    RangeError,
  );
  assertStringIncludes(error.message, 'The input "x" must come from the host as [2]');
  state.release();
  const feeds = { state, x: floats(1, 2), scale: scaleOne() };
  const freed = await assertRejects(() => session.runResident(feeds, { next }), Error);
  assertStringIncludes(freed.message, "after it had been freed");
  await session.release();
  next.release();
  await rooms.release();
});

/** A session that gives `sum`, or fails with `error`. */
function fake(sum: number, error?: string): Session {
  return {
    inputs: [],
    outputs: [],
    run: () => Promise.resolve({}),
    runResident: () => {
      if (error !== undefined) return Promise.reject(new Error(error));
      const home: Record<string, Tensor> = { sum: floats(sum) };
      return Promise.resolve({ home, resident: {} });
    },
    release: () => Promise.resolve(),
  };
}

Deno.test("where a graph cannot be captured, when it is made or in a run, steps go on without", async () => {
  const opened = (refuses: boolean, fails: boolean) => (captures: boolean) => {
    if (captures && refuses) return Promise.reject(new Error("not all nodes are on CUDA\nat …"));
    return Promise.resolve(fake(captures ? 1 : 2, captures && fails ? "capturing" : undefined));
  };
  const cases = [
    { refuses: false, fails: false, sum: 1, reason: undefined },
    { refuses: true, fails: false, sum: 2, reason: "not all nodes are on CUDA" },
    { refuses: false, fails: true, sum: 2, reason: "capturing" },
  ];
  for (const { refuses, fails, sum, reason } of cases) {
    const notes: string[] = [];
    const session = await capturedOrNot(opened(refuses, fails), (line) => void notes.push(line));
    for (let turn = 0; turn < 2; turn++) {
      const { home } = await session.runResident({});
      assertEquals(home.sum!.data[0], sum);
    }
    const line = `steps are not captured as a CUDA graph (${reason}); they run node by node`;
    assertEquals(notes, reason === undefined ? [] : [line]);
  }
  const broken = await capturedOrNot(() => Promise.resolve(fake(0, "no memory")), () => {});
  await assertRejects(() => broken.runResident({}), Error, "no memory");
});
