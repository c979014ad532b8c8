import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { bert, bertMini, bertSmall, bertTiny } from "../../models/bert.ts";
import { distilbert } from "../../models/distilbert.ts";
import { gpt2 } from "../../models/gpt2.ts";
import { vitB16, vitB32 } from "../../models/vit.ts";
import { xlnet } from "../../models/xlnet.ts";
import type { Model } from "../../src/onnx/model.ts";
import { withWeights } from "../../src/onnx/model_from_graph.ts";
import { sha256 } from "../../src/tensor/sha256.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { int64s, type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { filled, type GoldenShapes, wave } from "./golden_weights.ts";

interface Golden extends GoldenShapes {
  /** A narrow one, what it is fed and what it gives. */
  readonly small?: GoldenShapes & {
    readonly options: Readonly<Record<string, number>>;
    readonly inputs?: Readonly<Record<string, readonly (readonly number[])[]>>;
    readonly outputs: readonly number[];
    /** The mean cross entropy of class 0, and its slope along the formula of every weight. */
    readonly loss: number;
    readonly slope: number;
  };
}

const url = new URL("golden/transformers.json", import.meta.url);
const golden = JSON.parse(await Deno.readTextFile(url)) as {
  readonly networks: Readonly<Record<string, Golden>>;
};

const networks: Readonly<Record<string, (options: Record<string, number>) => Model>> = {
  bert,
  bert_tiny: bertTiny,
  bert_mini: bertMini,
  bert_small: bertSmall,
  distilbert,
  gpt2,
  vit_b_16: vitB16,
  vit_b_32: vitB32,
  xlnet,
};

async function shapesOf({ parameters }: Model): Promise<GoldenShapes> {
  const lines = [...parameters.values()].map(({ name, shape }) => `${name} ${shape}`).sort();
  return {
    parameters: [...parameters.values()].reduce((sum, { size }) => sum + size, 0),
    shapes: await sha256(lines.join("\n")),
  };
}

function tokensOf(inputs: Readonly<Record<string, readonly (readonly number[])[]>>) {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, rows]): [string, Tensor] => [
      name,
      int64s(rows.flat(), [rows.length, rows[0]!.length]),
    ]),
  );
}

function pictures(sizePx: number): Record<string, Tensor> {
  const dims = [2, 3, sizePx, sizePx];
  return { x: tensor("float32", dims, Float32Array.from(wave("x", sizeOf(dims)))) };
}

for (const [name, make] of Object.entries(networks)) {
  const { small, ...published } = golden.networks[name]!;
  Deno.test(`${name} has PyTorch's weights${small ? " and gives its outputs and gradients" : ""}`, async () => {
    assertEquals(await shapesOf(make({})), published);
    if (!small) return;
    const { options, inputs, outputs: wanted, loss, slope, ...shapes } = small;
    const model = make(options);
    assertEquals(await shapesOf(model), shapes);
    const weights = [...model.parameters.values()].map(({ name, shape }) =>
      [name, filled(name, shape)] as const
    );
    const fed = inputs ? tokensOf(inputs) : pictures(options.sizePx!);
    const found = await valueAndGrad(
      withWeights(model, new Map(weights)),
      fed,
      int64s(wanted.slice(0, wanted.length / 4).map(() => 0)),
    );
    const { data } = found.outputs[model.outputs[0]!.name]!;
    assertEquals(data.length, wanted.length);
    const largest = Math.max(...wanted.map(Math.abs));
    wanted.forEach((value, i) => {
      assert(Math.abs(Number(data[i]) - value) <= 2e-5 * largest, `${i}: ${data[i]}, not ${value}`);
    });
    assertAlmostEquals(found.loss, loss, 1e-5 * loss);
    const along = [...found.gradients].map(([key, { dims, data }]) => {
      const direction = filled(key, dims).data;
      return data.reduce((sum, one, i) => sum + one * direction[i]!, 0);
    });
    const steepest = Math.max(...along.map(Math.abs));
    assertAlmostEquals(along.reduce((sum, one) => sum + one, 0), slope, 1e-4 * steepest);
  });
}
