import { assertEquals, assertStringIncludes } from "@std/assert";
import { findingsPage } from "../../examples/shared/findings_page.ts";
import { table } from "../../examples/shared/program.ts";

const rows = [
  { name: "Transferred", figures: { accuracy: "96.5 %", time: "3 s" } },
  { name: "From scratch", figures: { accuracy: "21.6 %", time: "12 s" } },
];

Deno.test("table() sets names to the left and figures to the right", () => {
  assertEquals(
    table(rows),
    [
      "              accuracy  time",
      "Transferred     96.5 %   3 s",
      "From scratch    21.6 %  12 s",
    ].join("\n"),
  );
});

Deno.test("findingsPage() shows figures and pictures, and escapes text", () => {
  const html = findingsPage({
    title: "a < b",
    summary: "s",
    rows,
    pictures: [{ url: "data:image/png;base64,AA", caption: 'a "cat"', right: false }],
  }, { program: "digits", seconds: 1 });
  assertStringIncludes(html, "<h1>a &lt; b</h1>");
  assertStringIncludes(html, "<td>21.6 %</td><td>12 s</td>");
  assertStringIncludes(
    html,
    'class="wrong"><img src="data:image/png;base64,AA" alt="a &quot;cat&quot;"',
  );
  assertEquals(html.includes('class="charts"'), false);
});
