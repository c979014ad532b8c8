import { assert, assertEquals } from "@std/assert";
import { operatorTable, PAGE, withTable } from "./artifacts_page.ts";

/** Text without the alignment and the escapes that the formatter adds. */
function words(text: string): string {
  return text.replace(/ *\| *|-{3,}/g, "|").replace(/[\\\s]+/g, " ");
}

Deno.test("docs/artifacts.md lists the training-only operators as the tables have them", async () => {
  const page = await Deno.readTextFile(PAGE);
  assertEquals(words(page), words(withTable(page)));
});

Deno.test("every operator that is lowered has a test", () => {
  const untested = operatorTable().split("\n").filter((row) => row.endsWith("| none |"));
  assertEquals(untested, []);
  assert(operatorTable().split("\n").length > 40);
});
