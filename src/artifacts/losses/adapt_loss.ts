import { type Builder, dimsOf, typeOf } from "../../autodiff/builder.ts";
import type { Value } from "../../onnx/graph.ts";
import type { LossContext, LossDefinition } from "../loss.ts";
import type { Alignment, Domains } from "./alignment.ts";
import { jointLoss, type JointPart, targetSize } from "./joint_loss.ts";
import { termsOf } from "./mean_loss.ts";

/**
 * The loss of labelled examples of a source, plus what makes it and a target alike. Rows of targets are
 * those of `jointLoss`, of kind 0 in the source and 1 in the target; targets of another form are plain
 * ones, as in validation data, and have the plain loss.
 */
export function adaptLoss(source: JointPart, alignments: readonly Alignment[]): LossDefinition {
  const base = jointLoss([source]);
  const width = 1 + targetSize(source.target);
  const outputs = [...base.outputs ?? [], ...alignments.flatMap(({ outputs = [] }) => outputs)];
  const ramps = alignments.flatMap((one, at) =>
    Object.entries(one.ramps ?? {}).map(([name, ramp]) => [rampName(at, name), ramp] as const)
  );
  return {
    ...base,
    name: "adapt",
    settings: {
      ...base.settings,
      by: alignments.map(({ name, settings }) => ({ name, ...settings })),
    },
    ...(outputs.length > 0 && { outputs: [...new Set(outputs)] }),
    ramps: { ...base.ramps, ...Object.fromEntries(ramps) },
    losses: (g, output, target, context) => {
      const own = termsOf(g, base, output, target, context);
      const dims = dimsOf(target);
      if (typeOf(target) !== "float32" || dims.length !== 2 || dims[1] !== width) return own;
      const domains = { output, ...domainsOf(g, target, context) };
      return [
        ...own,
        ...alignments.flatMap((one, at) =>
          one.terms(g, domains, { ...context, ramp: (name) => context.ramp(rampName(at, name)) })
        ),
      ];
    },
  };
}

function rampName(at: number, name: string): string {
  return `${at}/${name}`;
}

function domainsOf(
  g: Builder,
  target: Value,
  { weights }: LossContext,
): Pick<Domains, "source" | "target"> {
  const kinds = g.reshape(g.slice(target, [1], [0], [1]), [dimsOf(target)[0]!]);
  const of = (kind: number) => {
    const own = g.cast(g.compare("Equal", kinds, g.scalar(kind, kinds)), "float32");
    return weights ? g.mul(own, weights) : own;
  };
  return { source: of(0), target: of(1) };
}
