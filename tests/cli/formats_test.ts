import { assertEquals } from "@std/assert";
import { csv } from "../../src/cli/csv.ts";
import { npy, npyLabels } from "../../src/cli/npy.ts";
import { reportText } from "../../src/cli/report.ts";
import { table } from "../../src/cli/table.ts";

Deno.test("npy() writes a header of whole 64 bytes, then little-endian elements", () => {
  const file = npy(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3]);
  const length = new DataView(file.buffer).getUint16(8, true);
  const header = new TextDecoder().decode(file.subarray(10, 10 + length));
  assertEquals((10 + length) % 64, 0);
  assertEquals(file.subarray(0, 8), new Uint8Array([0x93, 78, 85, 77, 80, 89, 1, 0]));
  assertEquals(
    header.trimEnd(),
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
  );
  assertEquals(header.at(-1), "\n");
  assertEquals(
    new Float32Array(file.slice(10 + length).buffer),
    new Float32Array([1, 2, 3, 4, 5, 6]),
  );
});

Deno.test("npyLabels() writes a one-dimensional shape with its comma", () => {
  const text = new TextDecoder("latin1").decode(npyLabels([3, 1]));
  assertEquals(text.includes("'descr': '<i8'"), true);
  assertEquals(text.includes("'shape': (2,)"), true);
});

Deno.test("csv() quotes commas, quotes and line ends", () => {
  assertEquals(
    csv([["a,b", 'say "x"', 1.5], ["l\nm", "", -2]]),
    '"a,b","say ""x""",1.5\n"l\nm",,-2\n',
  );
});

Deno.test("table() aligns words left and numbers right", () => {
  assertEquals(table([["name", "n"], ["a", "10"], ["long", "9"]]), "name   n\na     10\nlong   9");
});

Deno.test("reportText() shows classes and what is confused most", () => {
  const one = (label: string, support: number) => ({
    label,
    precision: 0.5,
    recall: 0.25,
    f1: 1 / 3,
    support,
  });
  const mean = { precision: 0.5, recall: 0.25, f1: 1 / 3 };
  const text = reportText({
    loss: 0.5,
    accuracy: 0.75,
    topK: { k: 2, accuracy: 1 },
    perClass: [one("ant", 4), one("bee", 2)],
    macro: mean,
    weighted: mean,
    confusionMatrix: [[3, 1], [0, 2]],
    examples: 6,
  });
  assertEquals(text.split("\n")[0], "accuracy 75.0 %, loss 0.5000");
  assertEquals(text.includes("ant       50.0 %  25.0 %  33.3 %         4"), true, text);
  assertEquals(text.endsWith("taken for another: ant for bee 1 time"), true, text);
});
