import type { Attribute } from "../../src/onnx/attribute.ts";
import { encodeGraph } from "../../src/onnx/write_model.ts";
import { cpu } from "../../src/runtime/onnxruntime.ts";
import type { DataType } from "../../src/tensor/dtype.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { differentiate } from "./one_operator.ts";

/** A case of `golden/operators.json`, tensors as text: `float32[2,3] 1 2 3 4 5 6`. */
export interface GoldenOperator {
  readonly op: string;
  readonly domain?: string;
  readonly opset: number;
  /** Attributes as text: `ints 1 2`. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly inputs: readonly (string | null)[];
  /** What the loss multiplies each output by; null for an output that it leaves out. */
  readonly weights: readonly (string | null)[];
  /** PyTorch's gradients by the inputs, null for constants. */
  readonly gradients: readonly (string | null)[];
}

/** How far a gradient may be from PyTorch's in float64, in units of its largest element. */
const BOUND = 1e-5;

/** The cases of `golden/operators.json` by operator. */
export async function goldenOperators(): Promise<ReadonlyMap<string, readonly GoldenOperator[]>> {
  const path = new URL("golden/operators.json", import.meta.url);
  const cases: readonly GoldenOperator[] = JSON.parse(await Deno.readTextFile(path));
  return Map.groupBy(cases, ({ domain, op }) => domain ? `${domain}.${op}` : op);
}

/** What is wrong with the gradients of a case; nothing where each is within the bound. */
export async function faults(golden: GoldenOperator): Promise<string[]> {
  const { graph, feeds, wanted, found } = await differentiate({
    op: golden.op,
    domain: golden.domain ?? "",
    opset: golden.opset,
    attributes: Object.fromEntries(
      Object.entries(golden.attributes ?? {}).map(([name, text]) => [name, attribute(text)]),
    ),
    inputs: golden.inputs.map((input, n) =>
      input === null
        ? undefined
        : { tensor: parsed(input), isConstant: golden.gradients[n] === null }
    ),
    outputs: golden.weights.length,
    // ONNX's own operators that have several outputs mostly have to have them all.
    omitted: golden.domain ? positionsOfNull(golden.weights) : [],
    weights: (position, output) => {
      const weights = golden.weights[position] ?? null;
      return weights === null ? undefined : parsed(weights, output.type);
    },
  });
  const session = await cpu.session(encodeGraph(graph));
  const results = await session.run(feeds);
  await session.release();
  return [...wanted].flatMap(([input, position]) => {
    const expected = numbers(golden.gradients[position]!);
    const gradient = found.get(input);
    const given = gradient
      ? Array.from(results[gradient.name]!.data, Number)
      : expected.map(() => 0);
    const fault = difference(given, expected);
    return fault ? [`${title(golden)}, gradient by input ${position}: ${fault}`] : [];
  });
}

/** The worst element of a gradient that is further off than the bound allows. */
export function difference(
  found: readonly number[],
  expected: readonly number[],
): string | undefined {
  if (found.length !== expected.length) return `${found.length} elements, not ${expected.length}`;
  const largest = Math.max(...expected.map(Math.abs)) || 1;
  const off = found.map((number, i) => Math.abs(number - expected[i]!) / largest)
    .map((number) => Number.isNaN(number) ? Infinity : number);
  const worst = off.indexOf(Math.max(...off));
  if (off.length === 0 || off[worst]! <= BOUND) return undefined;
  return `element ${worst} is ${found[worst]}, not ${expected[worst]}: off by ${
    off[worst]!.toExponential(1)
  } of the largest`;
}

function positionsOfNull(list: readonly unknown[]): number[] {
  return list.flatMap((one, n) => one === null ? [n] : []);
}

function title({ op, opset, attributes, inputs }: GoldenOperator): string {
  const shapes = inputs.map((input) => input?.split(" ")[0]).join(" ");
  const set = Object.entries(attributes ?? {}).map(([name, one]) => `${name}: ${one}`);
  return [`${op} of opset ${opset} on ${shapes}`, ...set].join(" ");
}

function parsed(text: string, type?: DataType): Tensor {
  const [, kind, dims, rest] = /^(\w+)\[([\d,]*)\] ?(.*)$/.exec(text)!;
  return tensor(
    type ?? kind as DataType,
    dims === "" ? [] : dims!.split(",").map(Number),
    numbers(rest!),
  );
}

function attribute(text: string): Attribute {
  const [kind, ...values] = text.split(" ");
  switch (kind) {
    case "int":
    case "float":
      return { kind, value: Number(values[0]) };
    case "ints":
    case "floats":
      return { kind, value: values.map(Number) };
    case "strings":
      return { kind, value: values };
    default:
      return { kind: "string", value: values.join(" ") };
  }
}

function numbers(text: string): number[] {
  return text === "" ? [] : text.split(" ").map(Number);
}
