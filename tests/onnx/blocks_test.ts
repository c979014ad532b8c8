import { assertEquals } from "@std/assert";
import { digitCnn } from "../../models/digit_cnn.ts";
import { blocks } from "../../src/onnx/blocks.ts";
import type { Parameter } from "../../src/onnx/model.ts";

/** Blocks of a network with parameters of these names; a `*` marks vectors, `name @ node` the reader. */
function blocksOf(lines: readonly string[]): string[] {
  const parameters = lines.map((line): [string, Parameter] => {
    const [name, node = ""] = line.replace(" *", "").split(" @ ") as [string, string?];
    const shape = line.includes("*") ? [4] : [4, 4];
    const head = name.startsWith("head");
    return [name, { name, shape, head, node } as unknown as Parameter];
  });
  return blocks({ parameters: new Map(parameters) }).map(({ name, parameters }) =>
    `${name}: ${parameters.join(" ")}`
  );
}

Deno.test("layers under one numbered path are a block, and what comes before is the stem", () => {
  assertEquals(
    blocksOf([
      "cls_token",
      "patch_embed.proj.weight",
      "blocks.0.attn.qkv.weight",
      "blocks.0.mlp.fc1.bias *",
      "blocks.1.attn.qkv.weight",
      "norm.weight *",
      "head.weight",
    ]),
    [
      "stem: cls_token patch_embed.proj.weight",
      "blocks.0: blocks.0.attn.qkv.weight blocks.0.mlp.fc1.bias",
      "blocks.1: blocks.1.attn.qkv.weight norm.weight",
      "head: head.weight",
    ],
  );
});

Deno.test("numbers of stages and of layers inside them make a path, those of parts do not", () => {
  const names = (lines: string[]) => blocksOf(lines).map((line) => line.split(":")[0]);
  assertEquals(names(["layer1.0.conv1.weight", "layer1.0.conv2.weight", "layer1.1.conv1.weight"]), [
    "layer1.0",
    "layer1.1",
  ]);
  assertEquals(names(["features.4.conv.0.0.weight", "features.4.conv.1.weight"]), ["features.4"]);
  assertEquals(names(["layers.2.blocks.1.qkv.weight", "layers.2.blocks.2.qkv.weight"]), [
    "layers.2.blocks.1",
    "layers.2.blocks.2",
  ]);
  assertEquals(
    names([
      "features.denseblock1.denselayer1.conv1.weight",
      "features.denseblock1.denselayer2.c.w",
    ]),
    ["features.denseblock1.denselayer1", "features.denseblock1.denselayer2"],
  );
});

Deno.test("weights that an exporter renamed go by their nodes, else with those around them", () => {
  assertEquals(
    blocksOf([
      "onnx::Conv_12 @ /layer1/layer1.0/conv1/Conv",
      "onnx::Conv_15 @ /layer1/layer1.1/conv1/Conv",
    ]),
    ["layer1.0: onnx::Conv_12", "layer1.1: onnx::Conv_15"],
  );
  assertEquals(
    blocksOf(["onnx::MatMul_7 @ MatMul_3", "h.0.bias *", "onnx::MatMul_8", "head.weight"]),
    ["h.0: onnx::MatMul_7 h.0.bias onnx::MatMul_8", "head: head.weight"],
  );
});

Deno.test("layers without any telling name are blocks of their own, with their biases", () => {
  assertEquals(blocksOf(["w1", "b1 *", "w2", "b2 *", "w3", "head.weight"]), [
    "w1: w1 b1",
    "w2: w2 b2",
    "w3: w3",
    "head: head.weight",
  ]);
});

Deno.test("every parameter is in one block", () => {
  const model = digitCnn({ seed: 1 });
  const names = blocks(model).flatMap(({ parameters }) => parameters);
  assertEquals(names.sort(), [...model.parameters.keys()].sort());
});
