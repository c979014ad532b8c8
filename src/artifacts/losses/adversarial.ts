import { z } from "zod";
import { type Builder, dimsOf } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import { checkOptions } from "../../tensor/options.ts";
import type { LossContext } from "../loss.ts";
import type { Alignment } from "./alignment.ts";
import { binaryCrossEntropy } from "./binary_cross_entropy.ts";
import { termsOf } from "./mean_loss.ts";
import { some } from "./pairs.ts";
import { type Ramp, rampKey, rampSchema, rampUp } from "./ramp.ts";
import { reverseBranch } from "./reverse_branch.ts";

/** Options of `adversarial`. */
export interface AdversarialOptions {
  /** The output of the model that tells the domains apart, one number an example, as `addHead` adds it. */
  readonly output: string;
  /**
   * λ: what the gradient of the features is multiplied by when it is turned round, or a function of the
   * progress. @default {rampUp()}
   */
  readonly strength?: number | Ramp;
}

const STRENGTH = "strength";

const schema: z.ZodType<AdversarialOptions> = z.strictObject({
  output: z.string().min(1),
  strength: rampSchema.optional(),
}) as z.ZodType<AdversarialOptions>;

/**
 * Makes the features of two domains alike by a head that learns to tell them apart, against which the
 * features learn: behind it the gradient is multiplied by −λ (Ganin et al. 2016, "Domain-adversarial
 * training of neural networks"). The head is one that `addHead` added with one output; `removeHead`
 * takes it away when training is over.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addHead, adversarial, loadBackbone, mlp } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const head = mlp({ hidden: 32 });
 * const both = addHead(model, { name: "domain", outputs: 1, head });
 * assertEquals(both.outputs.at(-1)!.name, "domain");
 * assertEquals(adversarial({ output: "domain" }).outputs, ["domain"]);
 * ```
 */
export function adversarial(options: AdversarialOptions): Alignment {
  const { output, strength = rampUp() } = checkOptions("adversarial", schema, options);
  return {
    name: "adversarial",
    settings: { output, strength: rampKey(strength) },
    outputs: [output],
    ramps: { [STRENGTH]: typeof strength === "number" ? () => strength : strength },
    terms: (g, { target }, context) => {
      const found = context.output(output);
      checkOutput(output, found);
      if (context.training) reverse(g, found, context);
      const scores = g.cast(found, "float32");
      const labels = g.reshape(some(g, target), dimsOf(scores));
      return termsOf(g, binaryCrossEntropy(), scores, labels, context);
    },
  };
}

function checkOutput(name: string, value: Value): void {
  const [count = 0, ...rest] = dimsOf(value);
  if (rest.length === 1 && rest[0] === 1) return;
  throw new RangeError(
    `adversarial(): the output "${name}" must be one number an example, [${count}, 1], found ` +
      `[${dimsOf(value)}]; add it by addHead(model, { name: "${name}", outputs: 1 })`,
  );
}

function reverse(g: Builder, output: Value, { ramp }: LossContext): void {
  if (reverseBranch(g, output, g.neg(ramp(STRENGTH))) > 0) return;
  throw new RangeError(
    `adversarial(): nothing that is trained comes before the head "${output.name}", so no features ` +
      "can be made alike; unfreeze a part of the backbone",
  );
}
