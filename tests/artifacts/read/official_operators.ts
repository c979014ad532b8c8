/**
 * What the kernels of ONNX Runtime's own training give for every case. Run it to write the golden file:
 *
 *     ORT_TRAINING_WASM=FOLDER deno run -A tests/artifacts/read/official_operators.ts && deno fmt
 *
 * @module
 */
import { assert } from "@std/assert";
import { join, toFileUrl } from "@std/path";
import { encodeGraph } from "../../../src/onnx/write_model.ts";
import { type Tensor, toNumbers } from "../../../src/tensor/tensor.ts";
import { officialRuntime, runOfficial } from "../official_runtime.ts";
import type { OperatorCase } from "./cases/case.ts";
import { OPERATOR_CASES } from "./operator_cases.ts";
import { graphOf } from "./operator_graph.ts";

/** Outputs by name. */
export type Results = Readonly<
  Record<string, { readonly dims: readonly number[]; readonly data: readonly number[] }>
>;

const GOLDEN = new URL("golden/operators.json", import.meta.url);

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

/** The outputs of each case. */
export async function official(cases: readonly OperatorCase[]): Promise<Results[]> {
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

function plain(tensor: Tensor) {
  return { type: tensor.type, dims: tensor.dims, data: toNumbers(tensor) };
}

/** The golden file: what the official kernels gave for each case, by its claim. */
export async function readGolden(): Promise<ReadonlyMap<string, Results>> {
  const file: Record<string, Record<string, { dims: number[]; float32: string }>> = JSON.parse(
    await Deno.readTextFile(GOLDEN),
  );
  const results = (outputs: (typeof file)[string]): Results =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, { dims, float32 }]) => [
        name,
        { dims, data: [...new Float32Array(decodeBase64(float32).buffer)] },
      ]),
    );
  return new Map(Object.entries(file).map(([claim, outputs]) => [claim, results(outputs)]));
}

async function writeGolden(): Promise<void> {
  const all = await official(OPERATOR_CASES);
  const file = OPERATOR_CASES.map(({ claim }, index) => {
    const outputs = Object.entries(all[index]!).map(([name, { dims, data }]) => [
      name,
      { dims, float32: encodeBase64(new Uint8Array(Float32Array.from(data).buffer)) },
    ]);
    return [claim, Object.fromEntries(outputs)];
  });
  await Deno.writeTextFile(GOLDEN, JSON.stringify(Object.fromEntries(file), null, 2) + "\n");
}

function encodeBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

if (import.meta.main) await writeGolden();
