import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Graph } from "../../src/onnx/graph.ts";
import { normalise } from "../../src/onnx/passes/normalise.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { Case } from "./central_differences.ts";
import { hashed } from "./golden_numbers.ts";

const space = "com.microsoft";
const numbers = (name: string, ...dims: number[]) =>
  tensor("float32", dims, hashed(name, dims.reduce((a, b) => a * b)));
const int32 = (dims: number[], ...values: number[]) => tensor("int32", dims, values);

/** What a node alone gives, as it is and decomposed. */
async function bothWays(row: Case, outputs: number): Promise<[Tensor[], Tensor[]]> {
  const made = [false, true].map(async (isDecomposed) => {
    const graph = new Graph();
    graph.opsets.set("", 18);
    graph.opsets.set(space, 1);
    const inputs = row.inputs.map((input, n) =>
      graph.addConstant(
        `c${n}`,
        Array.isArray(input) ? numbers(`c${n}`, ...input) : input as Tensor,
      )
    );
    const node = graph.add(row.op, inputs, {
      outputs: Array.from({ length: outputs }, (_, n) => `y${n}`),
      attributes: row.attributes ?? {},
      domain: space,
    });
    graph.outputs.push(...node.outputs.map((value) => value!));
    if (isDecomposed) {
      normalise(graph);
      assert([...graph.nodes].every((one) => one.domain === ""), "nothing fused is left");
    }
    const session = await cpu.session(encodeGraph(graph));
    const results = await session.run({});
    await session.release();
    return graph.outputs.map((value) => results[value.name]!);
  });
  return await Promise.all(made) as [Tensor[], Tensor[]];
}

function assertClose(found: Tensor, expected: Tensor): void {
  assertEquals(found.dims, expected.dims);
  found.data.forEach((number, i) =>
    assertAlmostEquals(Number(number), Number(expected.data[i]), 1e-5)
  );
}

for (const mask of [[], [int32([2, 4], 1, 1, 1, 0, 1, 1, 0, 0)]]) {
  Deno.test(`fused embeddings with ${mask.length} masks are the same decomposed`, async () => {
    const [fused, apart] = await bothWays({
      op: "EmbedLayerNormalization",
      space,
      inputs: [
        int32([2, 4], 1, 2, 3, 0, 4, 4, 1, 2),
        int32([2, 4], 0, 0, 1, 1, 0, 1, 0, 1),
        ...[[6, 8], [5, 8], [2, 8], [8], [8]],
        ...mask,
      ],
    }, 2);
    assertClose(apart[0]!, fused[0]!);
    assertEquals([...apart[1]!.data], [...fused[1]!.data]);
  });
}
