import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { loadBackbone } from "../../models/load_backbone.ts";
import { addHead, removeHead } from "../../src/onnx/add_head.ts";
import { linear, mlp } from "../../src/onnx/heads/layers.ts";
import { concatPooling, cosineHead } from "../../src/onnx/heads/layers.ts";
import type { HeadBuilder } from "../../src/onnx/heads/head.ts";
import { embedding, regression } from "../../src/onnx/heads/outputs.ts";
import type { Model } from "../../src/onnx/model.ts";
import { readModel } from "../../src/onnx/read_model.ts";
import { replaceHead } from "../../src/onnx/replace_head.ts";
import { saveModel } from "../../src/onnx/save_model.ts";
import { freeze, unfreeze } from "../../src/onnx/select.ts";
import { taskOf } from "../../src/onnx/task.ts";
import { tensor, toNumbers } from "../../src/tensor/tensor.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";
import { mse } from "../../src/artifacts/losses/errors.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { info, modelBytes, node, weight } from "./proto.ts";

const opsets = [9, 13, 18];
const kernel = Array.from(hashed("k", 54));

/** A network of one convolution, pooled in one of the ways that files have. */
function small(
  pool: "global" | "mean" | "window" | "last axes",
  opset = 13,
): Promise<Model> {
  const image = pool === "last axes" ? info("x", ["N", 4, 4, 2]) : info("x", ["N", 2, 4, 4]);
  const turn = (order: number[]) => ({ perm: order });
  const body = pool === "last axes"
    ? [
      node("Transpose", ["x"], ["i"], turn([0, 3, 1, 2])),
      node("Conv", ["i", "k"], ["c"]),
      node("Transpose", ["c"], ["r"], turn([0, 2, 3, 1])),
    ]
    : [node("Conv", ["x", "k"], ["r"])];
  const pooled = {
    global: [node("GlobalAveragePool", ["r"], ["p"]), node("Flatten", ["p"], ["f"])],
    mean: [node("ReduceMean", ["r"], ["f"], { axes: [2, 3], keepdims: 0 })],
    window: [
      node("AveragePool", ["r"], ["p"], { kernel_shape: [2, 2] }),
      node("Flatten", ["p"], ["f"]),
    ],
    "last axes": [node("ReduceMean", ["r"], ["f"], { axes: [1, 2], keepdims: 0 })],
  }[pool];
  return readModel(modelBytes({
    nodes: [...body, ...pooled, node("Gemm", ["f", "w", "b"], ["y"])],
    inputs: [image],
    outputs: [info("y", ["N", 5])],
    weights: [
      weight("k", [3, 2, 3, 3], kernel),
      weight("w", [3, 5], Array.from(hashed("w", 15))),
      weight("b", [5], Array.from(hashed("b", 5))),
    ],
    opset,
  }));
}

const x = tensor("float32", [4, 2, 4, 4], hashed("x", 128));
const turned = tensor(
  "float32",
  [4, 4, 4, 2],
  Array.from({ length: 128 }, (_, i) => {
    const [c, w, h, n] = [i % 2, (i >> 1) % 4, (i >> 3) % 4, i >> 5];
    return x.data[((n * 2 + c) * 4 + h) * 4 + w]!;
  }),
);
const zeros = (columns: number) => tensor("float32", [4, columns]);

/** The outputs of a model, with batch normalisation by its running statistics. */
async function outputsOf(model: Model, input = x): Promise<number[][]> {
  const [{ name, shape }] = model.outputs as [Model["outputs"][number]];
  const columns = shape[1] as number;
  const loss = mse();
  const found = await valueAndGrad(model, { x: input }, zeros(columns), {
    loss,
    batchNorm: "running",
  });
  const data = found.outputs[name]!.data as Float32Array;
  return [0, 1, 2, 3].map((row) => Array.from(data.subarray(row * columns, (row + 1) * columns)));
}

/** The convolution's output by example, channel and place. */
function maps(): number[][][] {
  return [0, 1, 2, 3].map((n) =>
    [0, 1, 2].map((c) =>
      [[0, 0], [0, 1], [1, 0], [1, 1]].map(([top, left]) => {
        let sum = 0;
        for (let i = 0; i < 18; i++) {
          const [channel, row, column] = [Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3];
          sum += kernel[c * 18 + i]! *
            x.data[((n * 2 + channel) * 4 + top! + row) * 4 + left! + column]!;
        }
        return sum;
      })
    )
  );
}

function matrix(model: Model, name: string): number[][] {
  const { shape: [rows, columns], value } = model.parameters.get(name)!;
  const all = toNumbers(value);
  return Array.from({ length: rows! }, (_, r) => all.slice(r * columns!, (r + 1) * columns!));
}

const times = (rows: number[][], features: number[]) =>
  rows.map((row) => row.reduce((sum, one, i) => sum + one * features[i]!, 0));
const mean = (list: number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;
const unit = (list: number[]) => list.map((one) => one / Math.hypot(...list));

function assertRows(found: number[][], expected: number[][], close = 1e-5): void {
  found.forEach((row, n) =>
    row.forEach((one, i) => assertAlmostEquals(one, expected[n]![i]!, close))
  );
}

for (const pool of ["global", "mean", "window", "last axes"] as const) {
  Deno.test(`concatPooling() reads largest and mean of a map pooled by ${pool}`, async () => {
    const model = replaceHead(await small(pool), {
      outputs: 2,
      head: concatPooling({ hidden: 7 }),
    });
    // Running statistics as they start only divide by √(1 + ε), twice.
    const scale = 1 / Math.sqrt(1 + 1e-5);
    const [first, last] = [matrix(model, "head.0.weight"), matrix(model, "head.1.weight")];
    const expected = maps().map((channels) => {
      const features = [...channels.map((one) => Math.max(...one)), ...channels.map(mean)];
      const hidden = times(first, features.map((one) => one * scale)).map((one) =>
        Math.max(0, one)
      );
      return times(last, hidden.map((one) => one * scale));
    });
    assertRows(await outputsOf(model, pool === "last axes" ? turned : x), expected);
    assertEquals(first[0]!.length, 6);
  });
}

Deno.test("concatPooling() takes a map that is named, and says where there is none", async () => {
  const named = replaceHead(await small("window"), { outputs: 2, at: "r", head: concatPooling() });
  assertEquals(named.parameters.get("head.0.weight")!.shape, [512, 6]);
  const flat = await readModel(modelBytes({
    nodes: [node("Gemm", ["x", "w"], ["y"])],
    inputs: [info("x", ["N", 4])],
    outputs: [info("y", ["N", 5])],
    weights: [weight("w", [4, 5], Array.from(hashed("w", 20)))],
  }));
  assertThrows(
    () => replaceHead(flat, { classes: 2, head: concatPooling() }),
    RangeError,
    "{ at: ",
  );
});

Deno.test("cosineHead() gives cosines times its scale, before and after opset 11", async () => {
  for (const opset of opsets) {
    const model = replaceHead(await small("global", opset), {
      classes: 3,
      head: cosineHead({ scale: 7 }),
    });
    const rows = matrix(model, "head.weight").map(unit);
    const expected = maps().map((channels) =>
      times(rows, unit(channels.map(mean))).map((one) => 7 * one)
    );
    assertRows(await outputsOf(model), expected);
    assertEquals(model.parameters.get("head.weight")!.head, true, `opset ${opset}`);
  }
});

Deno.test("regression() keeps outputs within its range", async () => {
  const model = replaceHead(await small("global"), {
    outputs: 2,
    head: regression({ range: [-1, 4] }),
  });
  const bias = toNumbers(model.parameters.get("head.bias")!.value);
  const expected = maps().map((channels) =>
    times(matrix(model, "head.weight"), channels.map(mean))
      .map((one, i) => -1 + 5 / (1 + Math.exp(-one - bias[i]!)))
  );
  assertRows(await outputsOf(model), expected);
  assertEquals(taskOf(model), "regression");
  assertThrows(() => regression({ range: [2, 1] }), RangeError, "range");
});

Deno.test("embedding() gives rows of length 1, or as they come", async () => {
  const of = (normalise: boolean) =>
    small("global").then((model) =>
      replaceHead(model, { head: embedding({ size: 6, normalise }) })
    );
  const plain = await outputsOf(await of(false));
  assertRows(await outputsOf(await of(true)), plain.map(unit));
  assertEquals((await of(true)).outputs[0]!.name, "embedding");
});

Deno.test("mlp() with batch normalisation has it before each ReLU", async () => {
  const head = mlp({ hidden: [5], batchNorm: true });
  const model = replaceHead(await small("global"), { outputs: 2, head });
  const bias = toNumbers(model.parameters.get("head.1.bias")!.value);
  const expected = maps().map((channels) => {
    const hidden = times(matrix(model, "head.0.weight"), channels.map(mean))
      .map((one) => Math.max(0, one / Math.sqrt(1 + 1e-5)));
    return times(matrix(model, "head.1.weight"), hidden).map((one, i) => one + bias[i]!);
  });
  assertRows(await outputsOf(model), expected);
});

const HEADS: Readonly<Record<string, HeadBuilder>> = {
  linear: linear(),
  "of several layers": mlp({ hidden: [4, 3], batchNorm: true, dropout: 0.5 }),
  "pooled twice": concatPooling({ hidden: 4 }),
  cosine: cosineHead(),
  "cosine with a hidden layer": cosineHead({ hidden: 4 }),
};

for (const [name, head] of Object.entries(HEADS)) {
  for (const opset of opsets) {
    Deno.test(`a head ${name} is found again, saved and replaced, at opset ${opset}`, async () => {
      const backbone = await small("global", opset);
      const model = replaceHead(freeze(backbone, "all"), { classes: 3, head });
      const trainable = (one: Model) =>
        [...one.parameters.values()].filter((parameter) => parameter.trainable).map(({ name }) =>
          name
        );
      assert(
        trainable(model).every((one) => one.startsWith("head.")) && trainable(model).length > 0,
      );
      assertEquals(trainable(unfreeze(freeze(model, "all"), "head")), trainable(model));
      const file = await Deno.makeTempFile({ suffix: ".onnx" });
      await saveModel(model, file);
      const read = await loadBackbone(file);
      await Deno.remove(file);
      assertEquals(
        [...read.parameters.values()].filter((one) => one.head).map((one) => one.name),
        trainable(model),
      );
      assertRows(await outputsOf(read), await outputsOf(model));
      const again = replaceHead(read, { outputs: 2 });
      assertEquals([...again.parameters.keys()], ["k", "head.weight", "head.bias"]);
      assertRows(await outputsOf(again), await outputsOf(replaceHead(backbone, { outputs: 2 })));
      const pooled = replaceHead(read, { outputs: 2, head: concatPooling() });
      assertEquals(pooled.parameters.get("head.0.weight")!.shape, [512, 6]);
    });
  }
}

Deno.test("addHead() leaves the first output as it is, and removeHead() takes the second away", async () => {
  const model = replaceHead(await small("global"), { classes: ["ant", "bee"] });
  const both = addHead(model, { name: "other", outputs: 3, head: mlp({ hidden: 4 }) });
  assertEquals(await outputsOf(both), await outputsOf(model));
  assert(both.parameters.get("head.other.0.weight")!.head && both.classes![0] === "ant");
  const back = removeHead(both, "other");
  assertEquals([...back.parameters.keys()], [...model.parameters.keys()]);
  assertThrows(() => addHead(both, { name: "other", outputs: 2 }), RangeError, "another name");
  assertThrows(() => removeHead(model, "logits"), RangeError, "several outputs");
  const other = removeHead(both, "logits");
  assertEquals(other.outputs.map(({ name }) => name), ["other"]);
});

Deno.test("replaceHead() says what a task needs", async () => {
  const backbone = await small("global");
  assertEquals(taskOf(replaceHead(backbone, { classes: 1, task: "multiLabel" })), "multiLabel");
  assertThrows(() => replaceHead(backbone, { classes: 1 }), RangeError, "multiLabel");
  assertThrows(() => replaceHead(backbone, { classes: 3, outputs: 2 }), RangeError, "one of them");
  assertThrows(() => replaceHead(backbone, { head: regression() }), TypeError, '"outputs"');
});
