import { type Attribute, float, int, string } from "../../src/onnx/attribute.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { type Case, checkGradients } from "./central_differences.ts";
import { checkSame } from "./written.ts";

/** Four steps of two sequences of three numbers, two units. */
const [STEPS, BATCH, FEATURES, UNITS] = [4, 2, 3, 2];
const GATES = { RNN: 1, GRU: 3, LSTM: 4 } as const;
const lengths = tensor("int32", [BATCH], [4, 2]);

function layer(
  op: keyof typeof GATES,
  attributes: Readonly<Record<string, Attribute>>,
  more: { readonly lengths?: boolean; readonly states?: boolean; readonly peepholes?: boolean } =
    {},
): Case {
  const direction = attributes["direction"];
  const d = direction?.kind === "string" && direction.value === "bidirectional" ? 2 : 1;
  const rows = GATES[op] * UNITS;
  const whole = tensor("int32", [BATCH], [STEPS, STEPS]);
  const state = more.states || more.peepholes ? [[d, BATCH, UNITS]] : [];
  return {
    op,
    inputs: [
      [STEPS, BATCH, FEATURES],
      [d, rows, FEATURES],
      [d, rows, UNITS],
      [d, 2 * rows],
      more.lengths ? lengths : whole,
      ...state,
      ...op === "LSTM" ? state : [],
      ...more.peepholes ? [[d, 3 * UNITS]] : [],
    ],
    attributes: { hidden_size: int(UNITS), ...attributes },
    outputs: op === "LSTM" ? 3 : 2,
  };
}

const CASES: readonly Case[] = (["RNN", "GRU", "LSTM"] as const).flatMap((op) => [
  layer(op, {}),
  layer(op, { direction: string("reverse") }, { lengths: true }),
  layer(op, { direction: string("bidirectional") }, { lengths: true, states: true }),
  layer(op, { clip: float(0.8) }, { states: true }),
]).concat([
  layer("GRU", { linear_before_reset: int(1) }, { states: true }),
  layer("LSTM", {}, { peepholes: true }),
  layer("LSTM", { input_forget: int(1) }, { states: true }),
]);

checkSame(CASES);
checkGradients(CASES.filter((row) => !("clip" in row.attributes!)));
