import { type Tensor, tensor } from "../../../../src/tensor/tensor.ts";
import { int64, MS, type OperatorCase, positive, random } from "./case.ts";

function gather(op: "Gather" | "GatherElements", axis: number, indices: Tensor): OperatorCase {
  const read = op === "Gather" ? [3, 4] : [...indices.dims];
  if (op === "Gather") read.splice(axis, 1, ...indices.dims);
  const inputs = op === "Gather" ? "shape indices dY" : "dY shape indices";
  return {
    claim: `${op}Grad along ${axis} at ${indices.type} [${indices.dims}]`,
    feeds: { data: random("data", 3, 4), indices, dY: random("dY", ...read) },
    steps: [["Shape", "data", "shape"], [`${MS}${op}Grad`, inputs, "dX", { axis }]],
    outputs: ["dX"],
  };
}

function slice(
  starts: number[],
  ends: number[],
  read: number[],
  axes?: number[],
  steps?: number[],
): OperatorCase {
  return {
    claim: `SliceGrad ${JSON.stringify({ starts, ends, axes, steps })}`,
    feeds: { data: random("data", 5, 6), dY: random("dY", ...read) },
    steps: [
      ["Shape", "data", "shape"],
      ...Object.entries({ starts, ends, axes, steps }).flatMap(([name, numbers]) =>
        numbers ? [["constant", "", name, { value: numbers }] as const] : []
      ),
      [
        `${MS}SliceGrad`,
        ["dY shape starts ends", axes && "axes", steps && "steps"].filter((one) => one).join(" "),
        "dX",
      ],
    ],
    outputs: ["dX"],
  };
}

function div(a: readonly number[], b: readonly number[], outputs = "dA dB"): OperatorCase {
  const [left, right] = [random("A", ...a), positive("B", ...b)];
  const rank = Math.max(a.length, b.length);
  const at = (dims: readonly number[], axis: number) => dims[axis - rank + dims.length] ?? 1;
  const whole = Array.from({ length: rank }, (_, i) => Math.max(at(a, i), at(b, i)));
  return {
    claim: `DivGrad of [${a}] and [${b}]: ${outputs}`,
    feeds: { dY: random("dY", ...whole), A: left, B: right },
    steps: [[`${MS}DivGrad`, "dY A B", outputs.replaceAll("-", "")]],
    outputs: outputs.split(" ").filter((name) => name !== "-"),
  };
}

function broadcast(a: readonly number[], b: readonly number[]): OperatorCase {
  return {
    claim: `BroadcastGradientArgs of [${a}] and [${b}]`,
    feeds: { A: random("A", ...a), B: random("B", ...b) },
    steps: [
      ["Shape", "A", "a"],
      ["Shape", "B", "b"],
      [`${MS}BroadcastGradientArgs`, "a b", "along_a along_b"],
      ["Identity", "along_a", "for_a"],
      ["Identity", "along_b", "for_b"],
    ],
    outputs: ["for_a", "for_b"],
  };
}

function dropout(feeds: Readonly<Record<string, Tensor>>): OperatorCase {
  return {
    claim: `DropoutGrad ${describe(feeds)}`,
    feeds: {
      dY: random("dY", 2, 3),
      mask: tensor("bool", [2, 3], [1, 0, 1, 1, 0, 0]),
      ...feeds,
    },
    steps: [[`${MS}DropoutGrad`, ["dY mask", ...Object.keys(feeds)].join(" "), "dX"]],
    outputs: ["dX"],
  };
}

function describe(feeds: Readonly<Record<string, Tensor>>): string {
  const said = Object.entries(feeds).map(([name, { data }]) => `${name} ${data[0]}`);
  return said.length > 0 ? `with ${said.join(" and ")}` : "with nothing said";
}

function scale(type: "float32" | "int64", dims: readonly number[], down: number): OperatorCase {
  return {
    claim: `Scale by ${type} [${dims}], scale_down ${down}`,
    feeds: { X: random("X", 2, 3), by: tensor(type, dims, [4]) },
    steps: [[`${MS}Scale`, "X by", "Y", { scale_down: down }]],
    outputs: ["Y"],
  };
}

/** Arithmetic, sizes, and what goes back to places it was read from. */
export const ARITHMETIC_AND_POSITIONS: readonly OperatorCase[] = [
  gather("Gather", 0, int64([2, 2], 2, 0, -1, 2)),
  gather("Gather", 1, int64([3], 1, 1, 0)),
  gather("Gather", 0, tensor("int32", [], [1])),
  gather("GatherElements", 0, int64([2, 4], 2, 0, 1, 2, 2, 2, 0, 1)),
  gather("GatherElements", 1, int64([3, 2], 3, 0, 1, 1, 2, 3)),
  slice([1], [4], [3, 6]),
  slice([1, 0], [5, 6], [4, 3], [0, 1], [1, 2]),
  slice([-2], [1000], [5, 2], [1]),
  slice([4], [-1000], [5, 6], [0], [-1]),
  dropout({}),
  dropout({ ratio: tensor("float32", [], [0.25]) }),
  dropout({ ratio: tensor("float32", [], [0]) }),
  dropout({ ratio: tensor("float32", [], [0.25]), training_mode: tensor("bool", [], [0]) }),
  div([3, 4], [3, 4]),
  div([3, 4], [4]),
  div([4], [3, 4]),
  div([2, 1, 4], [3, 1]),
  div([], [2]),
  div([3, 4], [4], "- dB"),
  broadcast([2, 3, 4], [3, 1]),
  broadcast([1], [2, 2]),
  broadcast([2, 1], [2, 1]),
  scale("float32", [], 0),
  scale("int64", [1], 1),
  scale("int64", [], 0),
  {
    claim: "ConcatTraining and SplitTraining",
    feeds: { A: random("A", 2, 3), B: random("B", 2, 1), dY: random("dY", 2, 4) },
    steps: [
      [`${MS}ConcatTraining`, "A B", "Y sizes", { axis: 1 }],
      [`${MS}SplitTraining`, "dY sizes", "dA dB", { axis: 1 }],
    ],
    outputs: ["Y", "sizes", "dA", "dB"],
  },
  {
    claim: "ConcatTraining along the last axis",
    feeds: { A: random("A", 2, 3), B: random("B", 2, 1) },
    steps: [[`${MS}ConcatTraining`, "A B", "Y sizes", { axis: -1 }]],
    outputs: ["Y", "sizes"],
  },
  {
    claim: "ReduceSumTraining",
    feeds: { X: random("X", 2, 3, 4), axes: int64([2], 0, 2) },
    steps: [[`${MS}ReduceSumTraining`, "X axes", "Y", { keepdims: 0 }]],
    outputs: ["Y"],
  },
];
