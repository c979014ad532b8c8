import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { page } from "../../examples/demo/page.ts";
import { pngUrl, thumbnail } from "../../examples/demo/png.ts";

const epochs = [{ loss: 2, accuracy: 0.2 }, { loss: 1, accuracy: 0.7 }];

Deno.test("page() is one file that loads nothing, with figures, names and pictures escaped", () => {
  const html = page({
    title: "A <b> title",
    summary: "What was done",
    runs: [{ name: "Tuned & kept", accuracy: 0.912, loss: 0.25, seconds: 3.21, epochs }],
    classes: ["a", "b"],
    confusionMatrix: [[9, 1], [0, 10]],
    pictures: [{ url: "data:,", truth: "a", answer: "b", probability: 0.6 }],
  });
  assertStringIncludes(html, "A &lt;b&gt; title");
  assertStringIncludes(html, "Tuned &amp; kept");
  assertStringIncludes(html, "91.2 %");
  assertStringIncludes(html, "it is a");
  assert(!/(src|href)="(?!data:)/.test(html));
  assertEquals(html.match(/<polyline/g)?.length, 2);
});

Deno.test("pngUrl() writes a file that inflates to the same bytes", async () => {
  const data = Uint8Array.from({ length: 2 * 3 * 3 }, (_, index) => index * 10);
  const url = await pngUrl({ widthPx: 2, heightPx: 3, data });
  const file = Uint8Array.fromBase64(url.replace("data:image/png;base64,", ""));
  const view = new DataView(file.buffer);
  assertEquals([view.getUint32(16), view.getUint32(20)], [2, 3]);
  const idat = file.subarray(41, 41 + view.getUint32(33));
  const stream = new Blob([idat]).stream().pipeThrough(new DecompressionStream("deflate"));
  const rows = new Uint8Array(await new Response(stream).arrayBuffer());
  assertEquals(
    rows,
    Uint8Array.of(
      0,
      0,
      10,
      20,
      30,
      40,
      50,
      0,
      60,
      70,
      80,
      90,
      100,
      110,
      0,
      120,
      130,
      140,
      150,
      160,
      170,
    ),
  );
});

Deno.test("thumbnail() averages what a pixel covers and leaves small pictures alone", () => {
  const data = Uint8Array.from([0, 0, 0, 100, 100, 100, 50, 50, 50, 250, 250, 250]);
  const image = { widthPx: 2, heightPx: 2, data };
  assertEquals(Array.from(thumbnail(image, 1).data), [100, 100, 100]);
  assertEquals(thumbnail(image, 2), image);
});
