import { assertEquals, assertRejects } from "@std/assert";
import { readIdx } from "../../examples/mnist/read_idx.ts";

const FILE = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6);

async function written(bytes: Uint8Array): Promise<string> {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, bytes);
  return path;
}

Deno.test("readIdx() reads plain and gzipped files", async () => {
  const stream = new Blob([FILE]).stream().pipeThrough(new CompressionStream("gzip"));
  const zipped = new Uint8Array(await new Response(stream).arrayBuffer());
  for (const bytes of [FILE, zipped]) {
    const path = await written(bytes);
    const { dims, data } = await readIdx(path);
    assertEquals(dims, [2, 3]);
    assertEquals(Array.from(data), [1, 2, 3, 4, 5, 6]);
    await Deno.remove(path);
  }
});

Deno.test("readIdx() refuses other files and short ones", async () => {
  const other = await written(Uint8Array.of(1, 2, 3, 4));
  await assertRejects(() => readIdx(other), SyntaxError, "no IDX file");
  const short = await written(FILE.subarray(0, 15));
  await assertRejects(() => readIdx(short), SyntaxError, "needs 18 bytes, found 15");
  await Promise.all([other, short].map((path) => Deno.remove(path)));
});
