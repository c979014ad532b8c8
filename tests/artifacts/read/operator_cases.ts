import { ACTIVATIONS_AND_LOSSES } from "./cases/activations_and_losses.ts";
import { ARITHMETIC_AND_POSITIONS } from "./cases/arithmetic_and_positions.ts";
import type { OperatorCase } from "./cases/case.ts";
import { LAYERS } from "./cases/layers.ts";
import { RECURRENT_LAYERS } from "./cases/recurrent_layers.ts";

/** Every lowering, in the variants that its kernel has. */
export const OPERATOR_CASES: readonly OperatorCase[] = [
  ...ACTIVATIONS_AND_LOSSES,
  ...LAYERS,
  ...RECURRENT_LAYERS,
  ...ARITHMETIC_AND_POSITIONS,
];
