import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { loadBackbone } from "../../models/load_backbone.ts";
import { drawGlyph } from "../../models/glyphs/draw_glyph.ts";
import { arrays } from "../../src/data/arrays.ts";
import { pictures } from "../../src/data/pictures.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { gradCam } from "../../src/report/grad_cam/grad_cam.ts";
import { heatOf, resized } from "../../src/report/grad_cam/heat.ts";
import { mapProgram } from "../../src/report/grad_cam/map_program.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import { rng } from "../../src/tensor/rng.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";

const GLYPHS = new URL("../../models/glyphs.onnx", import.meta.url);

/** Two inputs of digit_cnn, drawn. */
function digits(): Tensor<"float32"> {
  const random = rng("digits");
  return tensor("float32", [2, 1, 28, 28], Float32Array.from({ length: 1568 }, random.uniform));
}

Deno.test("the gradient of a score by a layer's maps is that of central differences", async () => {
  const model = await loadBackbone("digit_cnn", { weights: "random" });
  const x = digits();
  const [name] = model.inputs.map((input) => input.name) as [string];
  const program = await mapProgram(cpu, model, { [name]: x.dims }, undefined);
  const wanted = [3, 7];
  const { activations, gradients, logits } = await program.run({ [name]: x }, wanted);
  await program.release();
  assertEquals(logits.dims, [2, 10]);

  // The rest of the network, fed with the maps.
  const rest = model.graph.clone();
  const layer = rest.value(program.layer);
  const fed = rest.addInput("fed", "float32", activations.dims);
  rest.replaceUses(layer, fed);
  rest.prune();
  for (const input of rest.inputs.slice()) if (input !== fed) rest.removeSource(input);
  const session = await cpu.session(encodeGraph(rest));
  const score = async (maps: Float32Array<ArrayBuffer>, row: number) => {
    const fetched = await session.run({ fed: tensor("float32", activations.dims, maps) });
    return Number(Object.values(fetched)[0]!.data[row * 10 + wanted[row]!]);
  };
  const random = rng("direction");
  const each = activations.data.length / 2;
  for (const row of [0, 1]) {
    const direction = Float32Array.from({ length: each }, random.normal);
    const moved = (by: number) => {
      const maps = activations.data.slice();
      direction.forEach((one, at) => maps[row * each + at]! += by * one);
      return score(maps, row);
    };
    const STEP = 2 ** -8;
    const slope = (await moved(STEP) - await moved(-STEP)) / (2 * STEP);
    const along = direction.reduce(
      (sum, one, at) => sum + one * gradients.data[row * each + at]!,
      0,
    );
    assertAlmostEquals(along, slope, 2e-2 * Math.max(1, Math.abs(slope)));
  }
  await session.release();
});

Deno.test("heatOf() weighs maps by their mean gradients and leaves out what speaks against", () => {
  const activations = tensor("float32", [1, 2, 1, 2], [1, 2, 3, 1]);
  const gradients = tensor("float32", [1, 2, 1, 2], [2, 4, -1, -1]);
  // α = 3 and -1: [3 - 3, 6 - 1], divided by 5.
  assertEquals([...heatOf(activations, gradients, 0).data], [0, 1]);
  const against = tensor("float32", [1, 2, 1, 2], [-2, -4, 0, 0]);
  assertEquals([...heatOf(activations, against, 0).data], [0, 0]);
});

Deno.test("resized() keeps a map's corners and mean", () => {
  const map = { widthPx: 2, heightPx: 1, data: Float32Array.of(0, 1) };
  assertEquals([...resized(map, { widthPx: 4, heightPx: 1 }).data], [0, 0.25, 0.75, 1]);
});

Deno.test("on drawn glyphs the map lies on the glyph more than its place alone explains", async () => {
  const model = await loadBackbone(GLYPHS);
  const images = model.classes!.map((character, index) =>
    drawGlyph(character, { seed: 7, index, plain: true })
  );
  const found = await gradCam(model, pictures(images.map((image) => ({ image }))), {
    batchSize: 8,
  });
  let [inside, area, ofOthers] = [0, 0, 0];
  found.forEach(({ map }, at) => {
    const box = boxOf(images[at]!.data, 32);
    inside += shareInside(map.data, box) / found.length;
    ofOthers += shareInside(found.at(at - 1)!.map.data, box) / found.length;
    area += (box.right - box.left + 1) * (box.bottom - box.top + 1) / 1024 / found.length;
  });
  const said = `${inside} of the map inside boxes of ${area} of the area; of others' ${ofOthers}`;
  assert(inside > 1.1 * area && inside > ofOthers, said);
});

/** The share of a map of 32×32 that lies in a box. */
function shareInside(map: Float32Array, box: ReturnType<typeof boxOf>): number {
  const total = map.reduce((sum, one) => sum + one, 0);
  return map.reduce((sum, one, pixel) => {
    const [x, y] = [pixel % 32, Math.floor(pixel / 32)];
    const isInside = x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    return sum + (isInside ? one : 0);
  }, 0) / total;
}

/** The rectangle around what is drawn. */
function boxOf(data: Uint8Array, size: number) {
  const drawn = Array.from({ length: size * size }, (_, pixel) => pixel)
    .filter((pixel) => data[3 * pixel]! > 100);
  const xs = drawn.map((pixel) => pixel % size);
  const ys = drawn.map((pixel) => Math.floor(pixel / size));
  return {
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: Math.min(...ys),
    bottom: Math.max(...ys),
  };
}

Deno.test("gradCam() gives the same for one picture, for a batch and for its tensor", async () => {
  const model = await loadBackbone("digit_cnn", { weights: "random" });
  const x = digits();
  const [name] = model.inputs.map((input) => input.name) as [string];
  const options = { class: 4 };
  const batch = await gradCam(model, arrays({ inputs: { [name]: x } }), options);
  const one = tensor("float32", [1, 1, 28, 28], x.data.slice(0, 784));
  const alone = await gradCam(model, one, options);
  assertEquals(batch.length, 2);
  assertEquals([alone.index, alone.map.dims], [4, [28, 28]]);
  alone.map.data.forEach((value, at) => assertAlmostEquals(value, batch[0]!.map.data[at]!, 1e-4));
  assertEquals((await alone.png()).subarray(1, 4), new TextEncoder().encode("PNG"));
});

Deno.test("gradCam() explains the answer unless told another class, and any layer", async () => {
  const model = await loadBackbone(GLYPHS);
  const image = drawGlyph("Q", { seed: 1 });
  const answer = await gradCam(model, image);
  assertEquals([answer.label, answer.layer], ["Q", "stage3.relu"]);
  assert(answer.probability > 0.5);
  const other = await gradCam(model, image, { class: "O", layer: "stage2.relu" });
  assertEquals([other.label, other.layer], ["O", "stage2.relu"]);
  assert(other.probability < 0.5);
});

Deno.test("gradCam() says what is wrong with a class, a layer or an input", async () => {
  const model = await loadBackbone(GLYPHS);
  const image = drawGlyph("Q", { seed: 1 });
  await assertRejects(() => gradCam(model, image, { class: "?" }), RangeError, '"A", "B"');
  await assertRejects(() => gradCam(model, image, { class: 26 }), RangeError, "26 classes");
  await assertRejects(() => gradCam(model, image, { layer: "x" }), RangeError, '"stage3.relu"');
  await assertRejects(() => gradCam(model, image, { layer: "fc" }), TypeError, "feature map");
  const flat = tensor("float32", [3, 4]);
  await assertRejects(() => gradCam(model, flat), TypeError, "one example");
});
