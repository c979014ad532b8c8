/**
 * Optimizer models in every form that they can have, beside the official runtime: the official one
 * is edited, three steps are taken there and here, and the parameters compared.
 * @module
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join, relative, toFileUrl } from "@std/path";
import { readOptimizerModel } from "../../../src/artifacts/read/optimizer_model.ts";
import { encodeAttribute } from "../../../src/onnx/attribute_codec.ts";
import { type Attribute, float, int } from "../../../src/onnx/attribute.ts";
import {
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
} from "../../../src/onnx/wire/onnx_pb.ts";
import { sharedTest } from "../../shared.ts";
import { judgedTest, runOfficial } from "../official_runtime.ts";
import { loadOfficial, readFeeds } from "./official_training.ts";

const CONV1D = "data/ort-training-artifacts/onnxruntime_go-conv1d";
const FILES = [
  `${CONV1D}/training_model.onnx`,
  `${CONV1D}/checkpoint`,
  `${CONV1D}/optimizer_model.onnx`,
  "reference/ort-training-wasm/conv1d-feeds.json",
];
const OPTIMIZER = FILES[2]!;

type Edit = (model: ModelProto) => void;

/** Sets attributes of the node that updates the parameters. */
function setting(attributes: Readonly<Record<string, Attribute>>): Edit {
  return ({ graph }) => {
    const [node] = graph!.node;
    const kept = node!.attribute.filter(({ name }) => !Object.hasOwn(attributes, name));
    const added = Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value));
    node!.attribute = [...kept, ...added];
  };
}

/** Puts a node that clips the gradients before it. */
function clipping(norm: number): Edit {
  return ({ graph }) => {
    const [node] = graph!.node;
    const clip = create(NodeProtoSchema, {
      opType: "InplaceClipGradNorm",
      domain: "com.microsoft",
      input: ["gradients"],
      output: ["clipped"],
      attribute: [encodeAttribute("max_norm", float(norm))],
    });
    node!.input = node!.input.map((name) => name === "gradients" ? "clipped" : name);
    graph!.node.unshift(clip);
  };
}

/** Plain descent. The flag has no declared shape, which the web runtime would not take. */
const toSgd: Edit = ({ graph }) => {
  const [node] = graph!.node;
  node!.opType = "SGDOptimizerV2";
  node!.attribute = [];
  node!.input = ["learning_rate", "params", "gradients"];
  graph!.input = graph!.input.filter(({ name }) => name !== "second_order_moments");
  const type = graph!.output[0]!.type!.value;
  if (type.case === "tensorType") delete type.value.shape;
};

const CASES: readonly { readonly claim: string; readonly edit: Edit }[] = [
  { claim: "mode 1 with decay", edit: setting({ weight_decay: float(0.1) }) },
  {
    claim: "mode 0 with decay",
    edit: setting({ adam_mode: int(0), weight_decay: float(0.1), epsilon: float(1e-3) }),
  },
  {
    claim: "mode 1 with other betas, not corrected",
    edit: setting({ alpha: float(0.7), beta: float(0.95), correct_bias: int(0) }),
  },
  { claim: "gradients clipped", edit: clipping(0.05) },
  { claim: "gradients far from being clipped", edit: clipping(50) },
  { claim: "plain descent", edit: toSgd },
  {
    claim: "plain descent, gradients clipped",
    edit: (model) => {
      toSgd(model);
      clipping(0.05)(model);
    },
  },
];

async function edited(path: URL, edit: Edit): Promise<Uint8Array> {
  const model = fromBinary(ModelProtoSchema, await Deno.readFile(path));
  edit(model);
  return toBinary(ModelProtoSchema, model);
}

for (const { claim, edit } of CASES) {
  judgedTest(`an optimizer of ${claim} does what the official one does`, FILES, async (...urls) => {
    const [model, checkpoint, optimizer, path] = urls as [URL, URL, URL, URL];
    const folder = await Deno.makeTempDir();
    try {
      const [own, exported] = [join(folder, "optimizer.onnx"), join(folder, "parameters")];
      await Deno.writeFile(own, await edited(optimizer, edit));
      const feeds = await readFeeds(path);
      const training = await loadOfficial(model, checkpoint, toFileUrl(own), feeds);
      for (let step = 0; step < 3; step++) await training.step(feeds);
      await training.release();
      const artifacts = fromFileUrl(new URL(".", model));
      const { success, text } = await runOfficial("run.mjs", [
        ...[artifacts, "--optim", relative(artifacts, own), "--feeds", fromFileUrl(path)],
        ...["--steps", "3", "--params", exported],
      ]);
      assert(success, text);
      const official = new Float32Array((await Deno.readFile(exported)).buffer);
      const found = [...training.parameters.values()].flatMap(({ data }) => [...data].map(Number));
      assertEquals(found.length, official.length);
      found.forEach((number, i) =>
        assert(Math.abs(number - official[i]!) < 1e-6, `${i}: ${number} for ${official[i]}`)
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

sharedTest("an optimizer that does more is refused", [OPTIMIZER], async (path) => {
  const scaled = await edited(path, ({ graph }) => {
    const scale = create(NodeProtoSchema, {
      opType: "Mul",
      input: ["learning_rate", "learning_rate"],
      output: ["scaled"],
    });
    graph!.node.unshift(scale);
  });
  await assertRejects(() => readOptimizerModel(scaled), TypeError, "it also has node");
  const other = await edited(path, setting({ adam_mode: int(2) }));
  await assertRejects(() => readOptimizerModel(other), TypeError, "adam_mode is 2");
});
