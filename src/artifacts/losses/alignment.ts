import type { Builder } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import type { LossContext, LossDefinition, LossTerm } from "../loss.ts";

/** Examples of two domains in one batch. */
export interface Domains {
  /** The model's output, `[N, ...]`. */
  readonly output: Value;
  /** How much each example counts in the source, `[N]`: 0 for those of the target. */
  readonly source: Value;
  /** How much each example counts in the target, `[N]`: 0 for those of the source. */
  readonly target: Value;
}

/**
 * What makes a network see two domains alike, as part of the loss of `adapt`: `mmd()` and
 * `adversarial()` make one, or one of your own.
 */
export interface Alignment extends Pick<LossDefinition, "name" | "settings" | "outputs" | "ramps"> {
  /** Adds the operators. */
  terms(g: Builder, domains: Domains, context: LossContext): readonly LossTerm[];
}
