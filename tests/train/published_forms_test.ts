import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { InferenceSession, Tensor as PlainTensor } from "onnxruntime-node";
import { loadBackbone } from "../../models/load_backbone.ts";
import { arrays } from "../../src/data/arrays.ts";
import { type Attribute, float, int, ints, string } from "../../src/onnx/attribute.ts";
import { Graph, type Value } from "../../src/onnx/graph.ts";
import { replaceHead } from "../../src/onnx/replace_head.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { rng } from "../../src/tensor/rng.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { int64s, type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { fit } from "../../src/train/fit.ts";
import { adam } from "../../src/train/optimizers/adam.ts";
import { valueAndGrad } from "../../src/train/value_and_grad.ts";

const EXAMPLES = 12;
const random = rng("published forms");

function normals(dims: readonly number[], scale = 1): Tensor<"float32"> {
  const data = Float32Array.from({ length: sizeOf(dims) }, () => scale * random.normal());
  return tensor("float32", dims, data);
}

/** A graph as some program writes it: an operator of `com.microsoft` begins with a dot. */
class Draft {
  readonly graph = new Graph();

  constructor(opset: number) {
    this.graph.opsets.set("", opset);
  }

  input(name: string, ...dims: number[]): Value {
    return this.graph.addInput(name, "float32", ["N", ...dims]);
  }

  weight(name: string, ...dims: number[]): Value {
    return this.graph.addConstant(name, normals(dims, 0.5));
  }

  axes(...numbers: number[]): Value {
    return this.graph.addConstant(this.graph.fresh("axes"), int64s(numbers));
  }

  add(opType: string, inputs: readonly Value[], attributes: Record<string, Attribute> = {}): Value {
    const domain = opType.startsWith(".") ? "com.microsoft" : "";
    if (domain) this.graph.opsets.set(domain, 1);
    return this.graph.add(opType.replace(".", ""), inputs, { attributes, domain }).outputs[0]!;
  }

  output(value: Value, ...dims: number[]): void {
    value.type = "float32";
    value.shape = ["N", ...dims];
    this.graph.outputs.push(value);
  }
}

interface Form {
  readonly draft: Draft;
  /** Parameters that the first output depends on. */
  readonly trained: readonly string[];
  /** Whether it ends in a classifier that can be replaced. */
  readonly classifies?: boolean;
}

/** Pictures with the channels last, turned at once; batch norm folded into a factor and a term. */
function keras(): Form {
  const draft = new Draft(13);
  const turned = draft.add("Transpose", [draft.input("input_1", 6, 6, 3)], {
    perm: ints([0, 3, 1, 2]),
  });
  const kernel = draft.weight("net/conv/Conv2D/ReadVariableOp:0", 4, 3, 3, 3);
  const made = draft.add("Conv", [turned, kernel], {
    auto_pad: string("SAME_UPPER"),
    strides: ints([2, 2]),
  });
  const scaled = draft.add("Mul", [made, draft.weight("net/bn/mul:0", 1, 4, 1, 1)]);
  const shifted = draft.add("Add", [scaled, draft.weight("net/bn/sub:0", 1, 4, 1, 1)]);
  const pooled = draft.add("GlobalAveragePool", [draft.add("Sigmoid", [shifted])]);
  const flat = draft.add("Squeeze", [pooled, draft.axes(2, 3)]);
  const product = draft.add("MatMul", [flat, draft.weight("net/fc/MatMul/ReadVariableOp:0", 4, 3)]);
  const scores = draft.add("Add", [product, draft.weight("net/fc/BiasAdd/ReadVariableOp:0", 3)]);
  draft.output(draft.add("Softmax", [scores], { axis: int(1) }), 3);
  const weights = [...draft.graph.constants()].filter(({ type }) => type === "float32");
  return { draft, trained: weights.map(({ name }) => name), classifies: true };
}

/** What the runtime writes when it is asked to save the graph it optimised. */
function optimised(): Form {
  const draft = new Draft(17);
  const [x, tanh] = [draft.input("x", 3, 5, 5), { activation: string("Tanh") }];
  const first = draft.add(".FusedConv", [
    x,
    draft.weight("c1.weight", 4, 3, 3, 3),
    draft.weight("c1.bias", 4),
  ], { ...tanh, pads: ints([1, 1, 1, 1]) });
  const second = draft.add(".FusedConv", [
    first,
    draft.weight("c2.weight", 4, 4, 1, 1),
    draft.weight("c2.bias", 4),
    first,
  ], tanh);
  const flat = draft.add("Flatten", [draft.add("GlobalAveragePool", [second])]);
  const hidden = draft.add(".FusedGemm", [
    flat,
    draft.weight("f1.weight", 6, 4),
    draft.weight("f1.bias", 6),
  ], { transB: int(1), activation: string("LeakyRelu"), activation_alpha: float(0.3) });
  const mixed = draft.add(".FusedMatMul", [hidden, draft.weight("f2.weight", 6, 6)], {
    transB: int(1),
    alpha: float(0.7),
  });
  const bent = draft.add(".BiasGelu", [mixed, draft.weight("f2.bias", 6)]);
  const last = [bent, draft.weight("f3.weight", 3, 6), draft.weight("f3.bias", 3)];
  draft.output(draft.add("Gemm", last, { transB: int(1) }), 3);
  const trained = ["c1", "c2", "f1", "f2", "f3"].flatMap((layer) =>
    ["weight", "bias"].map((name) => `${layer}.${name}`)
  );
  return { draft, trained, classifies: true };
}

/** Two inputs, a body of both, and two outputs of which the first is trained. */
function twoByTwo(): Form {
  const draft = new Draft(18);
  const joined = draft.add("Concat", [draft.input("a", 4), draft.input("b", 3)], { axis: int(1) });
  const body = draft.add("Tanh", [
    draft.add("MatMul", [joined, draft.weight("body.weight", 7, 5)]),
  ]);
  draft.output(draft.add("MatMul", [body, draft.weight("first.weight", 5, 3)]), 3);
  draft.output(draft.add("MatMul", [body, draft.weight("second.weight", 5, 2)]), 2);
  return { draft, trained: ["body.weight", "first.weight"] };
}

/** One weight read by two nodes. */
function shared(): Form {
  const draft = new Draft(18);
  const weight = draft.weight("tied.weight", 3, 3);
  const once = draft.add("Tanh", [draft.add("MatMul", [draft.input("x", 3), weight])]);
  draft.output(draft.add("MatMul", [once, weight]), 3);
  return { draft, trained: ["tied.weight"] };
}

/** One weight read as it is and turned, as where words are embedded and scored by the same table. */
function sharedTurned(): Form {
  const draft = new Draft(18);
  const weight = draft.weight("tied.weight", 5, 3);
  const turned = draft.add("Transpose", [weight], { perm: ints([1, 0]) });
  const down = draft.add("Tanh", [draft.add("MatMul", [draft.input("x", 5), weight])]);
  draft.output(draft.add("MatMul", [down, turned]), 5);
  return { draft, trained: ["tied.weight"] };
}

const FORMS: Readonly<Record<string, () => Form>> = {
  "a graph of Keras with the channels last": keras,
  "a graph that the runtime optimised": optimised,
  "two inputs and two outputs": twoByTwo,
  "a weight that two nodes read": shared,
  "a weight read as it is and turned": sharedTurned,
};

for (const [name, make] of Object.entries(FORMS)) {
  Deno.test(`${name}: read, differentiated and trained`, async () => {
    const { draft: { graph }, trained, classifies } = make();
    const bytes = encodeGraph(graph);
    const inputs = Object.fromEntries(graph.inputs.map(({ name, shape }) => {
      const tensor = normals([EXAMPLES, ...shape!.slice(1) as number[]]);
      return [name, tensor];
    }));
    const targets = int64s(Array.from({ length: EXAMPLES }, (_, n) => n % 3));
    const model = await loadBackbone(bytes);
    const { gradients, outputs } = await valueAndGrad(model, inputs, targets);
    assertEquals([...gradients.keys()].sort(), [...trained].sort());
    await assertOutputs(bytes, inputs, outputs);

    for (const [name, gradient] of gradients) {
      const { data } = model.parameters.get(name)!.value as Tensor<"float32">;
      const before = data.slice();
      const direction = normals(gradient.dims).data;
      const loss = async (step: number) => {
        data.forEach((_, i) => data[i] = before[i]! + step * direction[i]!);
        return (await valueAndGrad(model, inputs, targets)).loss;
      };
      const measured = (await loss(1e-2) - await loss(-1e-2)) / 2e-2;
      data.set(before);
      const exact = gradient.data.reduce((sum, number, i) => sum + number * direction[i]!, 0);
      const size = Math.hypot(...gradient.data) * Math.hypot(...direction);
      assertAlmostEquals(measured, exact, 5e-3 * size + 1e-4, name);
    }

    const models = classifies ? [model, replaceHead(model, { classes: ["a", "b", "c"] })] : [model];
    for (const one of models) {
      const { history } = await fit(one, arrays({ inputs, targets }), {
        epochs: 25,
        batchSize: EXAMPLES,
        optimizer: adam({ learningRate: 0.02 }),
        verbose: false,
      });
      const losses = history.epochs.map(({ loss }) => loss);
      assert(losses.at(-1)! < 0.9 * losses[0]!, `${losses}`);
    }
  });
}

/** The outputs are those of the file in the stock runtime. */
async function assertOutputs(
  bytes: Uint8Array,
  inputs: Readonly<Record<string, Tensor<"float32">>>,
  found: Readonly<Record<string, Tensor>>,
): Promise<void> {
  const session = await InferenceSession.create(bytes);
  const feeds = Object.entries(inputs).map(([name, { data, dims }]) =>
    [name, new PlainTensor("float32", data, dims)] as const
  );
  const expected = await session.run(Object.fromEntries(feeds));
  for (const [name, value] of Object.entries(expected)) {
    assertEquals(found[name]!.dims, value.dims);
    (value.data as Float32Array).forEach((number, i) =>
      assertAlmostEquals(Number(found[name]!.data[i]), number, 1e-5, name)
    );
  }
}
