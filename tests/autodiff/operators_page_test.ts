import { assertEquals } from "@std/assert";
import { OPERATORS } from "../../src/autodiff/operators.ts";
import { REWRITTEN, STOPPED, UNSUPPORTED } from "../../src/autodiff/stopped.ts";
import { sharedTest } from "../shared.ts";
import { operatorsPage } from "./operators_page.ts";

const TABLES = [OPERATORS, REWRITTEN, STOPPED, UNSUPPORTED].map((table) => Object.keys(table));
/** Operators that the runtime puts into graphs itself. */
const OWN = new Set(["MemcpyFromHost", "MemcpyToHost"]);

Deno.test("docs/operators.md says what the tables say (deno task operators writes it)", async () => {
  const url = new URL("../../docs/operators.md", import.meta.url);
  assertEquals(words(await Deno.readTextFile(url)), words(operatorsPage()));
});

Deno.test("no operator stands in two of the tables", () => {
  const all = TABLES.flat();
  assertEquals(all.filter((name, at) => all.indexOf(name) !== at), []);
});

sharedTest(
  "every operator of the runtime's own list stands in one of the tables",
  ["ref/ort130-cpu-kernels.json"],
  async (url) => {
    const kernels = JSON.parse(await Deno.readTextFile(url!)) as Record<string, unknown>;
    const known = new Set(TABLES.flat());
    const standard = Object.keys(kernels).filter((key) => key.startsWith("::"));
    const missing = standard.map((key) => key.slice(2)).filter((name) =>
      !known.has(name) && !OWN.has(name)
    );
    assertEquals(missing, []);
    assertEquals(standard.length > 150, true);
  },
);

/** Text without the alignment that the formatter adds to tables. */
function words(text: string): string {
  return text.replace(/ *\| *|-{3,}/g, "|").replace(/\s+/g, " ");
}
