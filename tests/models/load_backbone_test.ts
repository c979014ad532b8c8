import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { digitCnn } from "../../models/digit_cnn.ts";
import { loadBackbone } from "../../models/load_backbone.ts";
import { addressOf, cacheName } from "../../models/source.ts";
import { encodeModel } from "../../src/onnx/write_model.ts";

const pieces = encodeModel(digitCnn({ classes: 3, seed: 5 })) as Uint8Array<ArrayBuffer>[];
const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());

async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("loadBackbone() reads bytes, a path and a file URL alike", async () => {
  await using dir = await folder();
  const path = join(dir.path, "digits.onnx");
  await Deno.writeFile(path, bytes);
  const models = [
    await loadBackbone(bytes),
    await loadBackbone(path),
    await loadBackbone(new URL(`file://${path}`)),
  ];
  assertEquals(models.map((model) => model.name), ["model", "digits", "digits"]);
  for (const model of models) {
    assertEquals(model.inputs.map((input) => input.shape), [["batch", 1, 28, 28]]);
    assertEquals(model.preprocessing?.mean, [0.1307]);
    assert([...model.parameters.values()].every((parameter) => parameter.trainable));
  }
});

Deno.test("loadBackbone() keeps what it downloaded", async () => {
  await using dir = await folder();
  let requests = 0;
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    requests++;
    return new Response(bytes);
  });
  const address = `http://127.0.0.1:${server.addr.port}/some/net.onnx?download=1`;
  const options = { cache: dir.path, verbose: false };
  const first = await loadBackbone(address, options);
  const second = await loadBackbone(new URL(address), options);
  assertEquals([requests, first.name, second.name], [1, "net", "net"]);
  assertEquals(first.parameters.get("fc2.bias")!.value, second.parameters.get("fc2.bias")!.value);
});

Deno.test("loadBackbone() builds networks with random weights", async () => {
  const model = await loadBackbone("resnet18", { weights: "random", classes: ["a", "b"], seed: 3 });
  assertEquals(model.classes, ["a", "b"]);
  assertEquals(model.preprocessing?.resizePx, 256);
  await assertRejects(
    () => loadBackbone("caffenet", { weights: "random" }),
    RangeError,
    "possible for alexnet, bert, bert_mini, ",
  );
});

Deno.test("loadBackbone() lets options win over the file", async () => {
  const model = await loadBackbone(bytes, {
    name: "mine",
    classes: ["x", "y", "z"],
    preprocessing: { mean: [0], std: [1] },
  });
  assertEquals([model.name, model.classes], ["mine", ["x", "y", "z"]]);
  assertEquals([model.preprocessing!.mean, model.preprocessing!.widthPx], [[0], 28]);
});

Deno.test("loadBackbone() says what is wrong with its source", async () => {
  const near = await assertRejects(() => loadBackbone("mobilenet_v3"), RangeError);
  assertStringIncludes(near.message, 'did you mean "mobilenet_v2"?');
  assertStringIncludes(near.message, "resnet18");
  const random = await assertRejects(() => loadBackbone("lenet5"), RangeError);
  assertStringIncludes(random.message, 'loadBackbone("lenet5", { weights: "random" })');
  await assertRejects(() => loadBackbone("no/such.onnx"), Deno.errors.NotFound, "no/such.onnx");
  await assertRejects(() => loadBackbone("hf:owner/file.onnx"), RangeError, "hf:owner/repo/");
  await assertRejects(() => loadBackbone("ftp://host/a.onnx"), RangeError, '"ftp:"');
  await assertRejects(() => loadBackbone(Uint8Array.of(1, 2, 3)), SyntaxError);
});

Deno.test("loadBackbone() says what is wrong with its options", async () => {
  await assertRejects(
    () => loadBackbone(bytes, { classes: ["one"] }),
    RangeError,
    'option "classes" must have 3 labels',
  );
  await assertRejects(
    () => loadBackbone(bytes, { preprocessing: { mean: [0, 0, 0] } }),
    RangeError,
    'option "preprocessing.mean" must have 1 numbers',
  );
  await assertRejects(() => loadBackbone(bytes, { sha256: "abc" }), RangeError, '"sha256"');
  // @ts-expect-error an option that does not exist
  await assertRejects(() => loadBackbone(bytes, { clases: [] }), TypeError, '"classes"');
});

Deno.test("hf: names a file on the hub, with or without a revision", () => {
  assertEquals(
    addressOf("hf:owner/repo/folder/net.onnx")?.href,
    "https://huggingface.co/owner/repo/resolve/main/folder/net.onnx",
  );
  assertEquals(
    addressOf("hf:owner/repo@v1/net.onnx")?.href,
    "https://huggingface.co/owner/repo/resolve/v1/net.onnx",
  );
});

Deno.test("files of one name from two places are kept apart", async () => {
  const [a, b] = await Promise.all(
    ["https://a.example/net.onnx", "https://b.example/net.onnx"].map((url) =>
      cacheName(new URL(url))
    ),
  );
  assert(a !== b && a!.startsWith("net-") && a!.endsWith(".onnx"));
});
