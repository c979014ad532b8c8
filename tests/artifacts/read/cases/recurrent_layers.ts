import type { Attributes } from "../../../../src/autodiff/builder.ts";
import { MS, type OperatorCase, random, type Step } from "./case.ts";

function recurrent(
  op: "LSTM" | "GRU",
  options: { bias?: boolean; states?: boolean; final?: boolean },
  attributes: Attributes = {},
): OperatorCase {
  const gates = op === "LSTM" ? 4 : 3;
  const { bias, states, final } = options;
  const cell = op === "LSTM";
  const feeds = {
    X: random("X", 4, 2, 3),
    W: random("W", 1, 2 * gates, 3),
    R: random("R", 1, 2 * gates, 2),
    ...(bias && { B: random("B", 1, 4 * gates) }),
    ...(states && { h0: random("h0", 1, 2, 2) }),
    ...(states && cell && { c0: random("c0", 1, 2, 2) }),
    dH: random("dH", 4, 1, 2, 2),
    ...(final && { dHF: random("dHF", 1, 2, 2) }),
    ...(final && cell && { dCF: random("dCF", 1, 2, 2) }),
  };
  const [b, h0, c0] = [bias ? "B" : "-", states ? "h0" : "-", states ? "c0" : "-"];
  const [dHF, dCF] = [final ? "dHF" : "-", final ? "dCF" : "-"];
  const given = { hidden_size: 2, ...attributes };
  const outputs = ["dX", "dW", "dR", ...bias ? ["dB"] : []];
  if (states) outputs.push("dh0", ...cell ? ["dc0"] : []);
  const asked = ["dX", "dW", "dR", "dB", "dh0", "dc0"].map((name) =>
    outputs.includes(name) ? name : "-"
  );
  const steps: Step[] = cell
    ? [
      [`${MS}LSTMTraining`, `X W R ${b} - ${h0} ${c0}`, "H HF CF C gates", given],
      [`${MS}LSTMGrad`, `X W R - ${h0} ${c0} H C gates dH ${dHF} ${dCF}`, asked.join(" "), given],
    ]
    : [
      [`${MS}GRUTraining`, `X W R ${b} - ${h0}`, "H HF gates", given],
      [
        `${MS}GRUGrad`,
        `X W R ${b} - ${h0} H gates dH ${dHF}`,
        asked.slice(0, 5).join(" "),
        given,
      ],
    ];
  return {
    claim: `${op}Training and ${op}Grad ${JSON.stringify({ ...options, ...attributes })}`,
    feeds,
    steps,
    outputs: ["H", "HF", ...outputs],
  };
}

/** LSTM and GRU with their gradients. */
export const RECURRENT_LAYERS: readonly OperatorCase[] = [
  recurrent("LSTM", {}),
  recurrent("LSTM", { bias: true, states: true, final: true }),
  recurrent("GRU", { bias: true }),
  recurrent("GRU", { bias: true, states: true, final: true }),
  recurrent("GRU", { bias: true, states: true, final: true }, { linear_before_reset: 1 }),
];
