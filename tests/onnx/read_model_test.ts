import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { create } from "@bufbuild/protobuf";
import { loadBackbone } from "../../models/load_backbone.ts";
import { readModel } from "../../src/onnx/read_model.ts";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
} from "../../src/onnx/wire/onnx_pb.ts";
import { rng } from "../../src/tensor/rng.ts";
import { info, modelBytes, node, type Parts, tensorProto, TYPE, weight } from "./proto.ts";

const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const gemm: Parts = {
  nodes: [node("Gemm", ["x", "w", "b"], ["y"])],
  inputs: [info("x", ["N", 3])],
  outputs: [info("y", ["N", 3])],
  weights: [weight("w", [3, 3], identity), weight("b", [3], [1, 2, 3])],
};

/** A one-layer model whose bias is stored as `fields` say. */
const withBias = (fields: Parameters<typeof tensorProto>[0]): Parts => ({
  ...gemm,
  weights: [weight("w", [3, 3], identity), tensorProto({ name: "b", dims: [3n], ...fields })],
});

/** The field `float_data` as it lies in a file: its length, then the numbers. */
function floatData(...numbers: number[]): Uint8Array {
  return Uint8Array.of(4 * numbers.length, ...new Uint8Array(Float32Array.from(numbers).buffer));
}

function doubleData(...numbers: number[]) {
  const bytes = new Uint8Array(Float64Array.from(numbers).buffer);
  return { no: 10, wireType: 2, data: Uint8Array.of(bytes.length, ...bytes) };
}

Deno.test("readModel() reads weights as raw bytes and as typed fields", async () => {
  const forms: Parameters<typeof tensorProto>[0][] = [
    { dataType: TYPE.float, rawData: new Uint8Array(Float32Array.of(1, -2, 0.5).buffer) },
    { dataType: TYPE.float, $unknown: [{ no: 4, wireType: 2, data: floatData(1, -2, 0.5) }] },
    {
      dataType: TYPE.float,
      $unknown: [1, -2, 0.5].map((one) => ({
        no: 4,
        wireType: 5,
        data: new Uint8Array(Float32Array.of(one).buffer),
      })),
    },
  ];
  for (const form of forms) {
    const model = await readModel(modelBytes(withBias(form)));
    assertEquals([...model.parameters.get("b")!.value.data as Float32Array], [1, -2, 0.5]);
  }
});

Deno.test("readModel() reads typed fields of other element types", async () => {
  const forms: [Parameters<typeof tensorProto>[0], (number | bigint)[]][] = [
    [{ dataType: TYPE.int64, int64Data: [1n, -2n, 3n] }, [1n, -2n, 3n]],
    [{ dataType: TYPE.int32, int32Data: [1, -2, 3] }, [1, -2, 3]],
    [{ dataType: TYPE.int8, int32Data: [1, -2, 127] }, [1, -2, 127]],
    [{ dataType: TYPE.uint8, int32Data: [1, 2, 255] }, [1, 2, 255]],
    [{ dataType: TYPE.bool, int32Data: [1, 0, 1] }, [1, 0, 1]],
    [{ dataType: TYPE.float16, int32Data: [0x3c00, 0xc000, 1] }, [1, -2, 2 ** -24]],
    [{ dataType: TYPE.bfloat16, int32Data: [0x3f80, 0xc000, 1] }, [1, -2, 2 ** -133]],
    [{ dataType: TYPE.double, $unknown: [doubleData(1, -2, 0.1)] }, [1, -2, 0.1]],
  ];
  for (const [fields, expected] of forms) {
    const model = await readModel(modelBytes({
      nodes: [node("Cast", ["c"], ["f"], { to: TYPE.float }), node("Add", ["x", "f"], ["y"])],
      inputs: [info("x", ["N", 3])],
      outputs: [info("y", ["N", 3])],
      weights: [tensorProto({ name: "c", dims: [3n], ...fields })],
    }));
    assertEquals(Array.from(model.graph.value("c").constant!.data as Int32Array), expected);
  }
});

Deno.test("readModel() takes weights that are also listed as inputs for parameters", async () => {
  const inputs = [...gemm.inputs, info("w", [3, 3]), info("b", [3])];
  const model = await readModel(modelBytes({ ...gemm, inputs, irVersion: 3, opset: 7 }));
  assertEquals(model.inputs.map((input) => input.name), ["x"]);
  assertEquals([...model.parameters.keys()], ["w", "b"]);
  assert([...model.parameters.values()].every((parameter) => parameter.trainable));
});

Deno.test("readModel() frees a batch size that was baked in, a Reshape to it included", async () => {
  const model = await readModel(modelBytes({
    nodes: [node("Reshape", ["x", "shape"], ["flat"]), node("Gemm", ["flat", "w", "b"], ["y"])],
    inputs: [info("x", [1, 3, 1, 1])],
    outputs: [info("y", [1, 3])],
    weights: [
      ...gemm.weights!,
      tensorProto({ name: "shape", dims: [2n], dataType: TYPE.int64, int64Data: [1n, 3n] }),
    ],
  }));
  assertEquals(typeof model.inputs[0]!.shape[0], "string");
  assertEquals(typeof model.outputs[0]!.shape[0], "string");
});

Deno.test("readModel() keeps tied weights and separates zeros that an exporter merged", async () => {
  const model = await readModel(modelBytes({
    nodes: [
      node("Identity", ["zeros"], ["b2"]),
      node("Identity", ["w1"], ["w2"]),
      node("Gemm", ["x", "w1", "zeros"], ["h"]),
      node("Gemm", ["h", "w2", "b2"], ["y"]),
    ],
    inputs: gemm.inputs,
    outputs: gemm.outputs,
    weights: [weight("w1", [3, 3], identity), weight("zeros", [3], [0, 0, 0])],
  }));
  assertEquals([...model.parameters.keys()].sort(), ["b2", "w1", "zeros"]);
});

Deno.test("readModel() separates zeros that modules read in common, not those of one module", async () => {
  const layer = (input: string, weight: string, output: string, module: string) => {
    const made = node("Gemm", [input, weight, "a.bias"], [output]);
    const value = `['', 'body', '${module}', 'linear']`;
    made.metadataProps.push(create(StringStringEntryProtoSchema, {
      key: "pkg.torch.onnx.name_scopes",
      value,
    }));
    return made;
  };
  const model = await readModel(modelBytes({
    nodes: [
      layer("x", "a.weight", "h1", "a"),
      layer("h1", "b.weight", "h2", "b"),
      layer("h2", "b.weight", "y", "b"),
    ],
    inputs: gemm.inputs,
    outputs: gemm.outputs,
    weights: [
      weight("a.weight", [3, 3], identity),
      weight("b.weight", [3, 3], identity),
      weight("a.bias", [3], [0, 0, 0]),
    ],
  }));
  assertEquals([...model.parameters.keys()], ["a.weight", "a.bias", "b.weight", "b.bias"]);
});

Deno.test("readModel() tells weights in Constant nodes from numbers of the exporter's", async () => {
  const literal = (name: string, dims: number[], numbers: number[]) => {
    const made = node("Constant", [], [name]);
    made.attribute.push(create(AttributeProtoSchema, {
      name: "value",
      type: AttributeProto_AttributeType.TENSOR,
      t: weight("", dims, numbers),
    }));
    return made;
  };
  const model = await readModel(modelBytes({
    nodes: [
      literal("w", [3, 3], identity),
      literal("ones", [3], [1, 1, 1]),
      literal("zeros", [3], [0, 0, 0]),
      literal("angles", [3], [0.1, 0.2, 0.3]),
      node("Gemm", ["x", "w"], ["h"]),
      node("LayerNormalization", ["h", "ones", "zeros"], ["n"]),
      node("Mul", ["n", "angles"], ["y"]),
    ],
    inputs: gemm.inputs,
    outputs: gemm.outputs,
    opset: 17,
  }));
  assertEquals([...model.parameters.keys()], ["w"]);
});

for (
  const [name, bytes] of [
    ["is empty", new Uint8Array()],
    ["is a picture", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70)],
    ["is text", new TextEncoder().encode("<html><body>404 Not Found</body></html>")],
    ["is cut short", modelBytes(gemm).slice(0, -20)],
  ] as const
) {
  Deno.test(`readModel() says of a file that ${name} that it is no model`, async () => {
    await assertRejects(() => readModel(bytes, { file: "net.onnx" }), SyntaxError, "net.onnx");
  });
}

Deno.test("readModel() names a weight whose bytes do not fit its shape", async () => {
  const short = withBias({ dataType: TYPE.float, rawData: new Uint8Array(8) });
  await assertRejects(() => readModel(modelBytes(short)), SyntaxError, '"b"');
});

Deno.test("readModel() refuses operator sets that nothing can be done with", async () => {
  await assertRejects(() => readModel(modelBytes({ ...gemm, opset: 6 })), SyntaxError, "6");
});

Deno.test("readModel() knows a file that was cut at any byte", async () => {
  const bytes = modelBytes(gemm);
  for (let length = 0; length < bytes.length; length++) {
    const cut = bytes.slice(0, length);
    await assertRejects(() => readModel(cut, { file: "net.onnx" }), SyntaxError, "net.onnx");
  }
});

Deno.test("readModel() fails with no other error where bytes are wrong", async () => {
  const bytes = modelBytes(gemm);
  const random = rng(1, "wrong bytes");
  let refused = 0;
  for (let n = 0; n < 1000; n++) {
    const wrong = bytes.slice();
    for (let i = 0; i < 2; i++) wrong[random.integer(wrong.length)] = random.integer(256);
    try {
      await readModel(wrong, { file: "net.onnx" });
    } catch (error) {
      refused++;
      assertInstanceOf(error, SyntaxError);
      assertStringIncludes(error.message, "net.onnx");
    }
  }
  assert(refused > 500);
});

Deno.test("readModel() names the file of a graph that contradicts itself", async () => {
  const refuses = (nodes: Parts["nodes"], part: string) =>
    assertRejects(
      () => readModel(modelBytes({ ...gemm, nodes }), { file: "net.onnx" }),
      SyntaxError,
      `net.onnx is damaged: ${part}`,
    );
  const [first] = gemm.nodes;
  await refuses([first!, node("Relu", ["b1"], ["b2"]), node("Relu", ["b2"], ["b1"])], "The graph");
  await refuses([first!, node("Relu", ["x"], ["y"])], 'The graph has two values called "y"');
  await refuses([node("Relu", ["nowhere"], ["y"])], 'Nothing makes the value "nowhere"');
});

/** The bias in a file of its own. */
const external = (location: string, length = 12) =>
  modelBytes(withBias({
    dataType: TYPE.float,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries({ location, offset: "4", length: `${length}` }).map((
      [key, value],
    ) => ({ $typeName: "onnx.StringStringEntryProto", key, value })),
  }));

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(folder, "model"));
    await test(join(folder, "model"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("weights in a file beside the model are read, from their offset", () =>
  inFolder(async (folder) => {
    const path = join(folder, "net.onnx");
    await Deno.writeFile(path, external("net.data"));
    const bytes = new Uint8Array(Float32Array.of(9, 4, 5, 6).buffer);
    await Deno.writeFile(join(folder, "net.data"), bytes);
    const model = await loadBackbone(path);
    assertEquals([...model.parameters.get("b")!.value.data as Float32Array], [4, 5, 6]);
  }));

Deno.test("bytes alone do not say where weights outside them lie", async () => {
  await assertRejects(() => loadBackbone(external("net.data")), RangeError, "by its path");
});

Deno.test("a weight file that is missing or too short is named", () =>
  inFolder(async (folder) => {
    const path = join(folder, "net.onnx");
    await Deno.writeFile(path, external("net.data"));
    await assertRejects(() => loadBackbone(path), Error, "net.data");
    await Deno.writeFile(join(folder, "net.data"), new Uint8Array(8));
    await assertRejects(() => loadBackbone(path), SyntaxError, '"b"');
    await Deno.writeFile(path, external("net.data", 2 ** 40));
    await assertRejects(() => loadBackbone(path), SyntaxError, '"b"');
  }));

Deno.test("a weight file outside the model's folder is refused", () =>
  inFolder(async (folder) => {
    const secret = join(folder, "..", "secret");
    await Deno.writeFile(secret, new Uint8Array(16));
    const path = join(folder, "net.onnx");
    for (const location of ["../secret", secret, "a/../../secret", "..\\secret"]) {
      await Deno.writeFile(path, external(location));
      await assertRejects(() => loadBackbone(path), RangeError, "outside");
    }
    await Deno.writeFile(path, external(""));
    await assertRejects(() => loadBackbone(path), SyntaxError, "not named");
    if (Deno.build.os === "windows") return;
    await Deno.symlink(secret, join(folder, "link"));
    await Deno.writeFile(path, external("link"));
    await assertRejects(() => loadBackbone(path), RangeError, "outside");
  }));
