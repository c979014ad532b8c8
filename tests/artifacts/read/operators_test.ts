import { assert, assertEquals } from "@std/assert";
import { toNumbers } from "../../../src/tensor/tensor.ts";
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
