import { assertAlmostEquals, assertEquals } from "@std/assert";
import { quantisedBias, quantisedWeights } from "../../../src/onnx/quantise/weights.ts";
import { tensor } from "../../../src/tensor/tensor.ts";

const weights = tensor("float32", [2, 2], [1, -0.5, 0.01, 0.0025]);

Deno.test("quantisedWeights() gives each channel the step of its largest weight", () => {
  const rows = quantisedWeights(weights, { axis: 0, perChannel: true, bits: 8 });
  assertEquals([...rows.whole.data], [127, -64, 127, 32]);
  assertAlmostEquals(rows.scales.data[1]!, 0.01 / 127, 1e-9);
  const columns = quantisedWeights(weights, { axis: 1, perChannel: true, bits: 8 });
  assertEquals([...columns.whole.data], [127, -127, 1, 1]);
});

Deno.test("quantisedWeights() with one scale loses the small channels", () => {
  const { whole, scales } = quantisedWeights(weights, { axis: 0, perChannel: false, bits: 7 });
  assertEquals([scales.dims, [...whole.data]], [[], [63, -31, 1, 0]]);
});

Deno.test("a channel of zeros has steps in which its bias can be said", () => {
  const zeros = tensor("float32", [1, 2], [0, 0]);
  const floor = [3 / (0.1 * 2 ** 30)];
  const { scales } = quantisedWeights(zeros, { axis: 0, perChannel: true, bits: 8, floor });
  const bias = quantisedBias(tensor("float32", [1], [3]), scales, 0.1);
  assertAlmostEquals(Number(bias.whole.data[0]) * bias.scales.data[0]!, 3, 1e-5);
  const nothing = quantisedWeights(zeros, { axis: 0, perChannel: true, bits: 8 });
  assertEquals(nothing.scales.data[0], 1);
});
