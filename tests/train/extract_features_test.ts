import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { InferenceSession, Tensor as PlainTensor } from "onnxruntime-node";
import { loadBackbone } from "../../models/load_backbone.ts";
import { arrays } from "../../src/data/arrays.ts";
import { imageFolder } from "../../src/data/image_folder.ts";
import { subset } from "../../src/data/subset.ts";
import { ModelProtoSchema, ValueInfoProtoSchema } from "../../src/onnx/wire/onnx_pb.ts";
import type { Dataset, Preprocessing } from "../../src/tensor/dataset.ts";
import { rng } from "../../src/tensor/rng.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { extractFeatures } from "../../src/train/extract_features.ts";
import { sharedTest } from "../shared.ts";

const GLYPHS = new URL("../../models/glyphs.onnx", import.meta.url);

/** What plain ONNX Runtime gives for a value inside the file, made an output of a copy. */
async function inside(file: URL, value: string, x: Float32Array, dims: readonly number[]) {
  const proto = fromBinary(ModelProtoSchema, await Deno.readFile(file));
  const output = create(ValueInfoProtoSchema, { name: value });
  const graph = { ...proto.graph!, output: [output] };
  const bytes = toBinary(ModelProtoSchema, create(ModelProtoSchema, { ...proto, graph }));
  const session = await InferenceSession.create(bytes);
  const weights = new Set(proto.graph!.initializer.map((one) => one.name));
  const input = session.inputNames.find((name) => !weights.has(name))!;
  const rows: number[] = [];
  const size = x.length / dims[0]!;
  // One example at a time: the file may hold its batch size.
  for (let row = 0; row < dims[0]!; row++) {
    const one = new PlainTensor("float32", x.slice(row * size, (row + 1) * size), [
      1,
      ...dims.slice(1),
    ]);
    const results = await session.run({ [input]: one });
    for (const number of results[value]!.data as Float32Array) rows.push(number);
  }
  return rows;
}

function assertClose(found: ArrayLike<number>, expected: readonly number[]): void {
  assertEquals(found.length, expected.length);
  const largest = expected.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
  assert(largest > 0);
  expected.forEach((number, i) => assertAlmostEquals(found[i]!, number, 1e-5 * largest));
}

/** The network's input for pictures, by the definition of preprocessing. */
async function pixels(dataset: Dataset, preprocessing: Preprocessing): Promise<Float32Array> {
  const { heightPx, widthPx, range, mean, std } = preprocessing;
  const ready = dataset.prepare!({ preprocessing });
  const places = heightPx * widthPx;
  const numbers = new Float32Array(dataset.length * 3 * places);
  for (let n = 0; n < dataset.length; n++) {
    const { data } = (await ready.get(n))!.image!;
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < places; i++) {
        const value = data[3 * i + c]! / (range === 1 ? 255 : 1);
        numbers[(3 * n + c) * places + i] = (value - mean[c]!) / std[c]!;
      }
    }
  }
  return numbers;
}

Deno.test("extractFeatures() gives what the network has inside, at a layer and before the head", async () => {
  const model = await loadBackbone(GLYPHS.href);
  const [input] = model.inputs;
  const dims = [5, ...input!.shape.slice(1).map(Number)];
  const random = rng("features");
  const x = tensor(
    "float32",
    dims,
    Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random.normal()),
  );
  const data = arrays({ inputs: { [input!.name]: x } });
  const proto = fromBinary(ModelProtoSchema, await Deno.readFile(GLYPHS));
  const node = proto.graph!.node[Math.floor(proto.graph!.node.length / 2)]!;
  const options = { batchSize: 2, verbose: false } as const;

  const middle = await extractFeatures(model, data, { ...options, layer: node.output[0]! });
  assertClose(middle.data, await inside(GLYPHS, node.output[0]!, x.data, dims));
  assertEquals(middle.shape[0], 5);
  assertEquals(middle.shape.reduce((a, b) => a * b), middle.data.length);

  const head = proto.graph!.node.findLast((one) => one.opType === "Gemm")!;
  const pooled = await extractFeatures(model, data, options);
  assertClose(pooled.data, await inside(GLYPHS, head.input[0]!, x.data, dims));
  assertEquals(pooled.layer, "pool");
});

Deno.test("extractFeatures() names what it does not find", async () => {
  const model = await loadBackbone(GLYPHS.href);
  const data = arrays({
    inputs: { x: tensor("float32", [1, 3, 32, 32], new Float32Array(3072)) },
  });
  await assertRejects(
    () => extractFeatures(model, data, { layer: "no such layer", verbose: false }),
    RangeError,
    "no such layer",
  );
});

for (
  const [name, layers] of [
    ["mobilenetv2-7", ["clip_87", "gap"]],
    ["squeezenet1.1", ["squeezenet0_relu15_fwd", "squeezenet0_concat5"]],
  ] as const
) {
  sharedTest(
    `extractFeatures() of ${name} gives the network's own values on pictures`,
    [`data/models/${name}.onnx`, "data/images/hymenoptera_data/val"],
    async (file, folder) => {
      const model = await loadBackbone(file!.href);
      const pictures = subset(await imageFolder(folder!), [0, 60, 120]);
      const { heightPx, widthPx } = model.preprocessing!;
      const x = await pixels(pictures, model.preprocessing!);
      const dims = [3, 3, heightPx, widthPx];
      for (const layer of layers) {
        const found = await extractFeatures(model, pictures, { layer, verbose: false });
        assertClose(found.data, await inside(file!, layer, x, dims));
      }
    },
  );
}
