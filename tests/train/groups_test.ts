import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { arrays } from "../../src/data/arrays.ts";
import { mlp } from "../../src/onnx/heads/layers.ts";
import { replaceHead } from "../../src/onnx/replace_head.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { DivergenceError, fit, type FitOptions } from "../../src/train/fit.ts";
import { adafactor } from "../../src/train/optimizers/adafactor.ts";
import { adamW } from "../../src/train/optimizers/adamw.ts";
import { lamb } from "../../src/train/optimizers/lamb.ts";
import { lookahead } from "../../src/train/optimizers/lookahead.ts";
import { sam } from "../../src/train/optimizers/sam.ts";
import { sgd } from "../../src/train/optimizers/sgd.ts";
import { hashed } from "../autodiff/golden_numbers.ts";
import { multiplied, normalised, tanhNetwork } from "./small_models.ts";
import { first, fiveExamples, momentum, train, weightsOf } from "./tanh_runs.ts";

Deno.test("a group of factor 0 stays as it is, whatever the optimizer", async () => {
  const before = tanhNetwork();
  for (const optimizer of [momentum, adamW(), lamb(), adafactor(), lookahead(sam(adamW()))]) {
    const { model } = await train({ optimizer, groups: [{ parameters: first, factor: 0 }] });
    for (const [name, { value }] of model.parameters) {
      const same = value.data.every((x, i) => x === before.parameters.get(name)!.value.data[i]);
      assertEquals(same, first.test(name), `${name} with ${optimizer.name}`);
    }
  }
});

Deno.test("the first group that selects a parameter counts, and groups may say nothing new", async () => {
  const plain = weightsOf(await train({}));
  const groups = [
    { parameters: "fc1.weight", learningRate: 0.1 },
    { parameters: "all", factor: 1 },
    { parameters: first, factor: 0 },
  ] as const;
  assertEquals(weightsOf(await train({ groups })), plain);
});

Deno.test("explicit blocks, a least share and rates of a group's own go before layer decay", async () => {
  const decayed = weightsOf(await train({ layerDecay: 0.5 }));
  const layers = [first, /^fc2\./];
  assertEquals(weightsOf(await train({ layerDecay: { factor: 0.5, layers } })), decayed);
  const least = { factor: 0.1, least: 0.5 };
  assertEquals(weightsOf(await train({ layerDecay: least })), decayed);
  const groups = [{ parameters: first, learningRate: 0.05 }];
  assertEquals(weightsOf(await train({ layerDecay: 0.1, groups })), decayed);
  const halves = { groups: [{ parameters: first, factor: 0.5 }] };
  assertEquals(weightsOf(await train(halves)), decayed);
});

Deno.test("rates of a group are spread over the blocks of the group", async () => {
  const { model } = await train({
    groups: [{ parameters: "all", learningRate: { from: 1e-3, to: 0.1 } }],
  });
  const whole = await train({ learningRate: { from: 1e-3, to: 0.1 } });
  assertEquals(weightsOf({ ...whole, model }), weightsOf(whole));
});

Deno.test("SAM draws the same dropout masks twice and moves running statistics once", async () => {
  const dropped = replaceHead(tanhNetwork(), {
    outputs: 2,
    task: "regression",
    head: mlp({ hidden: 8, dropout: 0.5 }),
    seed: 3,
  });
  const pictures = arrays({
    inputs: { x: tensor("float32", [7, 3, 2, 2], hashed("x", 84)) },
    targets: tensor("float32", [7, 3, 2, 2], hashed("y", 84)),
  });
  const options = { epochs: 3, batchSize: 3, loss: "mse", verbose: false } as const;
  for (const [model, examples] of [[dropped, fiveExamples], [normalised(), pictures]] as const) {
    const [plain, still, moved] = await Promise.all(
      [momentum, sam(momentum, { rho: 0 }), sam(momentum, { rho: 0.5 })].map(async (optimizer) => {
        const { model: after } = await fit(model, examples, { ...options, optimizer });
        const names = [...after.parameters.keys(), "running_mean", "running_var"];
        return names.map((name) => after.graph.values.get(name)?.constant?.data);
      }),
    );
    assertEquals(still, plain);
    assert(moved!.some((data, n) => data?.some((x, i) => x !== plain![n]![i])));
  }
});

Deno.test("a group may have SAM of its own", async () => {
  const of = async (rho: number) => {
    const groups = [{ parameters: first, optimizer: sam(momentum, { rho }) }];
    return weightsOf(await train({ groups }));
  };
  assertEquals(await of(0), weightsOf(await train({})));
  assertNotEquals(await of(0.1), await of(0));
});

Deno.test("a group's batch normalisation is that of the layers whose scales it has", async () => {
  const pictures = arrays({
    inputs: { x: tensor("float32", [7, 3, 2, 2], hashed("x", 84)) },
    targets: tensor("float32", [7, 3, 2, 2], hashed("y", 84)),
  });
  const options = { epochs: 2, batchSize: 3, loss: "mse", verbose: false } as const;
  const run = async (more: FitOptions) => {
    const { model } = await fit(normalised(), pictures, { ...options, ...more });
    return ["weight", "bias", "running_mean"].map((name) => model.graph.value(name).constant!.data);
  };
  const running = await run({ batchNorm: "running" });
  const batch = await run({ batchNorm: "batch" });
  assert(running[2]!.every((x) => x === 0) && batch[2]!.some((x) => x !== 0));
  const group = (batchNorm: "batch" | "running") => ({
    groups: [{ parameters: "weight", batchNorm }],
  });
  assertEquals(await run(group("running")), running);
  assertEquals(await run({ ...group("batch"), batchNorm: "running" }), batch);
});

Deno.test("gradients that are not finite are named and change no weight", async () => {
  const x = tensor("float32", [3, 3], [1, 2, 3, 4, 5, 6, 0, 0, 0]);
  const targets = tensor("float32", [3, 2], [1, 1, 1, 1, 0, 0]);
  const examples = arrays({ inputs: { x }, targets });
  const model = multiplied(hashed("w", 6));
  for (const clip of [undefined, { norm: 1 }, { value: 1 }, { adaptive: 0.1, head: true }]) {
    const error = await assertRejects(
      () =>
        fit(model, examples, {
          ...{ epochs: 2, batchSize: 1, shuffle: false, verbose: false },
          optimizer: sgd(),
          // The root has no gradient where the output meets the target, as that of zeros does.
          loss: (g, output, target) => {
            const error = g.sub(output, target);
            return g.reduce("ReduceMean", g.unary("Sqrt", g.mul(error, error)), [1], false);
          },
          ...(clip && { clip }),
        }),
      DivergenceError,
      "step 3",
    );
    assert(error.message.includes('"w.weight"'), error.message);
    assert(error.model.parameters.get("w.weight")!.value.data.every((w) => Number.isFinite(w)));
  }
});

Deno.test("groups and clips that are wrong name the option", async () => {
  const wrong: readonly [FitOptions, string][] = [
    [{ groups: [{ parameters: "fc9.weight" }] }, "groups[0].parameters"],
    [{ groups: [{ parameters: "all", factor: -1 }] }, "factor"],
    [{ groups: [{ parameters: "all", rate: 1 } as never] }, "rate"],
    [{ clip: { norm: 0 } }, "clip"],
    [{ clip: { norm: 1, value: 1 } as never }, "clip"],
    [{ layerDecay: 2 }, "layerDecay"],
    [{ learningRate: { from: 0, to: 1 } }, "learningRate"],
    [{ learningRate: 1 as never }, "learningRate"],
  ];
  for (const [options, name] of wrong) {
    const error = await assertRejects(() => train(options), Error);
    assert(error.message.includes(name), error.message);
  }
  const { withWeightDecay: _, ...own } = sgd();
  const groups = [{ parameters: first, weightDecay: 0.1 }];
  await assertRejects(() => train({ optimizer: own, groups }), RangeError, "withWeightDecay");
});
