import { assertEquals, assertRejects } from "@std/assert";
import { loadTokenizer } from "../../models/load_tokenizer.ts";

const VOCABULARY = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ngood\nfilm\n##s\n";

Deno.test("loadTokenizer() downloads a vocabulary once and checks its sum", async () => {
  const cache = await Deno.makeTempDir();
  const paths: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const path = new URL(request.url).pathname;
    paths.push(path);
    return path === "/model/vocab.txt"
      ? new Response(VOCABULARY)
      : new Response("no", { status: 404 });
  });
  const at = (path: string) => `http://127.0.0.1:${server.addr.port}/${path}`;
  const quiet = { cache, verbose: false } as const;
  for (let time = 0; time < 2; time++) {
    const tokenizer = await loadTokenizer(at("model/vocab.txt"), quiet);
    assertEquals(tokenizer.encode("Good films").ids, [2, 5, 6, 7, 3]);
    assertEquals(tokenizer.mask, 4);
  }
  assertEquals(paths, ["/model/vocab.txt"]);
  const wrong = { ...quiet, sha256: "0".repeat(64), cache: `${cache}/other` };
  await assertRejects(() => loadTokenizer(at("model/vocab.txt"), wrong), Error, "vocab.txt");
  await assertRejects(() => loadTokenizer(at("nothing/tokenizer.json"), quiet), Error, "404");
  await server.shutdown();
  await Deno.remove(cache, { recursive: true });
});
