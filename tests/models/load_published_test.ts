import { assertEquals, assertRejects } from "@std/assert";
import { bert } from "../../models/bert.ts";
import { loadPublished } from "../../models/load_published.ts";
import type { PublishedWeights } from "../../models/registry.ts";
import { arrays } from "../../src/data/arrays.ts";
import { replaceHead } from "../../src/onnx/replace_head.ts";
import { freeze } from "../../src/onnx/select.ts";
import { encodeModel } from "../../src/onnx/write_model.ts";
import { int64s } from "../../src/tensor/tensor.ts";
import { fit } from "../../src/train/fit.ts";

const small = bert({ vocabulary: 12, layers: 1, hidden: 8, heads: 2, seed: 3 });
const bytes = await new Blob(encodeModel(small) as Uint8Array<ArrayBuffer>[]).bytes();
const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();

interface Publisher extends AsyncDisposable {
  readonly entry: PublishedWeights;
  readonly requests: string[];
}

/** Small weights of BERT as a registry has large ones: the first place has lost them, the second damaged them. */
function publish(): Publisher {
  const requests: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const path = new URL(request.url).pathname;
    requests.push(path);
    if (path.startsWith("/lost")) return new Response("no", { status: 404 });
    return new Response(path.startsWith("/damaged") ? bytes.map((byte) => byte ^ 1) : bytes);
  });
  const address = `http://127.0.0.1:${server.addr.port}`;
  return {
    requests,
    entry: {
      description: "BERT",
      licence: "Apache-2.0",
      file: "bert.onnx",
      addresses: ["lost", "damaged", "whole"].map((place) => `${address}/${place}/bert.onnx`),
      bytes: bytes.length,
      sha256: sum,
      preprocessing: undefined,
      labels: ["negative", "positive"],
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("published weights of a network for texts are fetched once, checked and fine-tuned", async () => {
  await using dir = await folder();
  await using publisher = publish();
  const { entry, requests } = publisher;
  const options = { cache: dir.path, verbose: false };
  const model = await loadPublished("bert", entry, options);
  await loadPublished("bert", entry, options);
  assertEquals(requests, ["/lost/bert.onnx", "/damaged/bert.onnx", "/whole/bert.onnx"]);
  assertEquals([model.name, model.classes], ["bert", ["negative", "positive"]]);
  assertEquals(model.preprocessing, undefined);
  assertEquals(model.inputs.map(({ name, type, shape }) => [name, type, shape]), [
    ["input_ids", "int64", ["batch", "sequence"]],
    ["attention_mask", "int64", ["batch", "sequence"]],
    ["token_type_ids", "int64", ["batch", "sequence"]],
  ]);
  const head = replaceHead(freeze(model, "all"), { classes: ["a", "b", "c"] });
  const ids = int64s([1, 5, 2, 1, 7, 2, 1, 9, 2], [3, 3]);
  const inputs = {
    input_ids: ids,
    attention_mask: int64s(Array(9).fill(1), [3, 3]),
    token_type_ids: int64s(Array(9).fill(0), [3, 3]),
  };
  const { history } = await fit(head, arrays({ inputs, targets: int64s([0, 1, 2]) }), {
    epochs: 2,
    device: "cpu",
    verbose: false,
  });
  assertEquals(history.epochs.length, 2);
});

Deno.test("a sum of one's own counts instead of that of the published weights", async () => {
  await using dir = await folder();
  await using publisher = publish();
  const other = { ...publisher.entry, sha256: "0".repeat(64), bytes: 1 };
  const options = { cache: dir.path, verbose: false };
  await assertRejects(() => loadPublished("bert", other, options), Error, "expected 000000");
  const model = await loadPublished("bert", other, { ...options, sha256: sum });
  assertEquals(model.parameters.size, small.parameters.size);
});
