import { assert, assertEquals } from "@std/assert";
import { architectures } from "../../models/architectures.ts";
import type { ImageNetworkOptions } from "../../models/image_network.ts";
import { arrays } from "../../src/data/arrays.ts";
import type { Model } from "../../src/onnx/model.ts";
import { withWeights } from "../../src/onnx/model_from_graph.ts";
import { sha256 } from "../../src/tensor/sha256.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { extractFeatures } from "../../src/train/extract_features.ts";
import { filled, type GoldenShapes, wave } from "./golden_weights.ts";

interface Golden extends GoldenShapes {
  readonly sizePx?: number;
  readonly outputs?: readonly number[];
}

const url = new URL("golden/torchvision.json", import.meta.url);
const golden = JSON.parse(await Deno.readTextFile(url)) as {
  readonly networks: Readonly<Record<string, Golden>>;
};

/** Weights and running statistics by name. */
function stateOf({ graph, parameters }: Model): Map<string, readonly number[]> {
  const running = graph.constants().filter(({ name }) => /\.running_(mean|var)$/.test(name));
  return new Map([
    ...[...parameters.values()].map(({ name, shape }) => [name, shape] as const),
    ...running.map(({ name, constant }) => [name, constant!.dims] as const),
  ]);
}

for (const [name, { parameters, shapes, sizePx, outputs }] of Object.entries(golden.networks)) {
  Deno.test(`${name} has torchvision's weights${outputs ? " and gives its outputs" : ""}`, async () => {
    const options: ImageNetworkOptions = { classes: 10, ...(sizePx !== undefined && { sizePx }) };
    const model = architectures[name]!(options);
    const state = stateOf(model);
    const count = [...model.parameters.values()].reduce((sum, { size }) => sum + size, 0);
    assertEquals(count, parameters);
    const lines = [...state].map(([key, dims]) => `${key} ${dims}`).sort();
    assertEquals(await sha256(lines.join("\n")), shapes);
    if (!outputs || sizePx === undefined) return;
    const weights = new Map([...state].map(([key, dims]) => [key, filled(key, dims)]));
    const dims = [2, 3, sizePx, sizePx];
    const x = tensor("float32", dims, Float32Array.from(wave("x", sizeOf(dims))));
    const layer = model.outputs[0]!.name;
    const { data } = await extractFeatures(withWeights(model, weights), arrays({ inputs: { x } }), {
      layer,
      device: "cpu",
      verbose: false,
    });
    const largest = Math.max(...outputs.map(Math.abs));
    outputs.forEach((wanted, i) => {
      assert(Math.abs(data[i]! - wanted) <= 1e-4 * largest, `${i}: ${data[i]}, not ${wanted}`);
    });
  });
}
