import { assertEquals, assertThrows } from "@std/assert";
import type { Model } from "../../src/onnx/model.ts";
import { readModel } from "../../src/onnx/read_model.ts";
import { freeze, select, type Selector, unfreeze } from "../../src/onnx/select.ts";
import { info, modelBytes, node, weight } from "./proto.ts";

const square = Array.from({ length: 9 }, (_, i) => i);

/** Three fully connected layers with a branch beside the second. */
const model = await readModel(modelBytes({
  nodes: [
    node("Gemm", ["x", "layer1.weight"], ["h1"]),
    node("Relu", ["h1"], ["a1"]),
    node("Gemm", ["a1", "layer2.weight", "layer2.bias"], ["h2"]),
    node("Gemm", ["a1", "side.weight"], ["s"]),
    node("Add", ["h2", "s"], ["a2"]),
    node("Gemm", ["a2", "fc.weight", "fc.bias"], ["y"], {}, "classifier"),
  ],
  inputs: [info("x", ["N", 3])],
  outputs: [info("y", ["N", 3])],
  weights: [
    ...["layer1.weight", "layer2.weight", "side.weight", "fc.weight"].map((name) =>
      weight(name, [3, 3], square)
    ),
    ...["layer2.bias", "fc.bias"].map((name) => weight(name, [3], [1, 2, 3])),
  ],
}));
const ALL = [
  ...["layer1.weight", "layer2.weight", "layer2.bias", "side.weight", "fc.weight", "fc.bias"],
];

const CASES: readonly [name: string, selector: Selector, expected: readonly string[]][] = [
  ["all", "all", ALL],
  ["none", "none", []],
  ["head", "head", ["fc.weight", "fc.bias"]],
  ["backbone", "backbone", ALL.slice(0, 4)],
  ["a name", "layer2.bias", ["layer2.bias"]],
  ["a pattern", /^layer\d\.weight$/, ["layer1.weight", "layer2.weight"]],
  ["a global pattern, each time anew", /weight/g, ALL.filter((name) => name.endsWith("weight"))],
  ["a function", (parameter) => parameter.shape.length === 1, ["layer2.bias", "fc.bias"]],
  ["before a value, itself left out", { before: "h2" }, ["layer1.weight"]],
  ["before a value that two branches lead to", { before: "a2" }, ALL.slice(0, 4)],
  ["after a value, its branches included", { after: "a1" }, ALL.slice(1)],
  ["after a value in the middle", { after: "h2" }, ["fc.weight", "fc.bias"]],
  ["before a node, itself left out", { before: "classifier" }, ALL.slice(0, 4)],
  ["after a weight, its layer included", { after: "layer2.weight" }, [
    ...["layer2.weight", "layer2.bias", "fc.weight", "fc.bias"],
  ]],
  ["a list", ["layer1.weight", "head"], ["layer1.weight", "fc.weight", "fc.bias"]],
];

for (const [name, selector, expected] of CASES) {
  Deno.test(`a selector means ${name}`, () => {
    assertEquals([...select(model, selector)].sort(), [...expected].sort());
  });
}

const trainable = (one: Model) =>
  [...one.parameters.values()].filter((parameter) => parameter.trainable).map(({ name }) => name);

Deno.test("freeze() and unfreeze() add up and leave the model given as it is", () => {
  const frozen = freeze(model, "all");
  assertEquals(trainable(frozen), []);
  assertEquals(trainable(model).length, ALL.length);
  const some = unfreeze(unfreeze(frozen, "head"), /^side/);
  assertEquals(trainable(some).sort(), ["fc.bias", "fc.weight", "side.weight"]);
  assertEquals(trainable(freeze(some, "fc.bias")).sort(), ["fc.weight", "side.weight"]);
});

Deno.test("a selector that names nothing says so, and what was probably meant", () => {
  assertThrows(() => freeze(model, "layer1.wieght"), RangeError, "layer1.weight");
  assertThrows(() => freeze(model, "zzz"), RangeError, '"layer1.weight", "layer2.weight"');
  assertThrows(() => freeze(model, /conv/), RangeError, '/conv/; the model has "layer1.weight"');
  assertThrows(() => freeze(model, { before: "classifer" }), RangeError, '"classifier"');
  assertThrows(() => freeze(model, { after: "h3" }), RangeError, '"h3"');
  assertThrows(() => freeze(model, { after: "y" }), RangeError, 'after "y"');
  assertThrows(() => freeze(model, { before: "x" }), RangeError, 'before "x"');
});

Deno.test("a selector of another form is refused with what was found", () => {
  for (const wrong of [3, null, {}, { befor: "h1" }, { before: 1 }, { before: "y", after: "h1" }]) {
    assertThrows(() => freeze(model, wrong as never), TypeError, Deno.inspect(wrong));
  }
});

Deno.test("the head of a model that ends in no classifier is an error, not nothing", async () => {
  const bare = await readModel(modelBytes({
    nodes: [node("Mul", ["x", "scale"], ["h"]), node("Erf", ["h"], ["y"])],
    inputs: [info("x", ["N", 3])],
    outputs: [info("y", ["N", 3])],
    weights: [weight("scale", [3], [1, 2, 3])],
  }));
  assertThrows(() => unfreeze(bare, "head"), RangeError, "replaceHead");
});

Deno.test("a selector that shows every parameter shows each once", () => {
  const seen: string[] = [];
  freeze(model, (parameter) => seen.push(`${parameter.name} ${parameter.operator}`) > 0);
  assertEquals(seen.sort(), ALL.map((name) => `${name} Gemm`).sort());
});
