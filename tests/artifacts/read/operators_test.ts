import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { tensor, toNumbers } from "../../../src/tensor/tensor.ts";
import { judgedTest } from "../official_runtime.ts";
import { official, readGolden } from "./official_operators.ts";
import { OPERATOR_CASES } from "./operator_cases.ts";
import { lowered } from "./operator_graph.ts";

/** Largest difference, relative to the largest element. */
const TOLERANCE = 1e-5;

const golden = await readGolden();

for (const one of OPERATOR_CASES) {
  Deno.test(`${one.claim}, lowered, gives what the official kernel gives`, async () => {
    const found = await lowered(one);
    one.outputs.forEach((name, position) => {
      const expected = golden.get(one.claim)![name]!;
      assertEquals(found[position]!.dims, expected.dims);
      assertClose(toNumbers(found[position]!), expected.data, name);
    });
  });
}

/** The official kernel crashes where pointers have 32 bits, so that there is no golden result. */
Deno.test("GatherNDGrad, lowered, adds up what was read twice", async () => {
  const [dX] = await lowered({
    claim: "GatherNDGrad",
    feeds: {
      data: tensor("float32", [2, 3]),
      indices: tensor("int64", [3, 1], [1, 0, -1]),
      dY: tensor("float32", [3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    },
    steps: [["Shape", "data", "shape"], ["com.microsoft.GatherNDGrad", "shape indices dY", "dX"]],
    outputs: ["dX"],
  });
  assertEquals([dX!.dims, toNumbers(dX!)], [[2, 3], [4, 5, 6, 8, 10, 12]]);
});

Deno.test("gradients that are equal are outputs of their own", async () => {
  const found = await lowered({
    claim: "two convolutions that are added",
    feeds: {
      dY: tensor("float32", [1, 1, 2], [3, 4]),
      X: tensor("float32", [1, 1, 2], [1, 2]),
      W: tensor("float32", [1, 1, 1], [1]),
    },
    steps: [
      ["com.microsoft.ConvGrad", "dY X W", "- - first"],
      ["com.microsoft.ConvGrad", "dY X W", "- - second"],
    ],
    outputs: ["first", "second"],
  });
  assertEquals(found.map(toNumbers), [[7], [7]]);
});

Deno.test("all operators without a lowering are named at once", async () => {
  const one = {
    claim: "unknown",
    feeds: { X: tensor("float32", [1]) },
    steps: [
      ["com.microsoft.ScaledSum", "X", "Y"],
      ["com.microsoft.ResizeGrad", "Y", "Z"],
    ] as const,
    outputs: ["Z"],
  };
  const error = await assertRejects(() => lowered(one), TypeError, "2 of its nodes");
  assertStringIncludes(error.message, "ScaledSum");
  assertStringIncludes(error.message, "ResizeGrad");
});

judgedTest("the golden file is what the official kernels give", [], async () => {
  assertEquals([...golden.keys()], OPERATOR_CASES.map(({ claim }) => claim));
  const results = await official(OPERATOR_CASES);
  OPERATOR_CASES.forEach(({ claim, outputs }, index) => {
    for (const name of outputs) {
      const { dims, data } = results[index]![name]!;
      assertEquals(dims, golden.get(claim)![name]!.dims);
      assertClose(data, golden.get(claim)![name]!.data, `${claim}: ${name}`);
    }
  });
});

function assertClose(found: readonly number[], expected: readonly number[], what: string): void {
  const largest = Math.max(1e-3, ...expected.map(Math.abs));
  found.forEach((number, i) => {
    const error = Math.abs(number - expected[i]!) / largest;
    assert(error < TOLERANCE, `${what}[${i}]: ${number} for ${expected[i]}`);
  });
}
