import type { Model, Parameter } from "../../onnx/model.ts";
import { select } from "../../onnx/select.ts";
import type { FitSettings } from "../fit_options.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { BatchNormMode } from "../specialise.ts";
import { decayByDepth, spreadOverDepth } from "./depth.ts";
import type { ParameterGroup } from "./group.ts";

/** How one parameter is trained. */
export interface ParameterRule {
  /** The optimizer; the same object for all that share one. */
  readonly rule: Optimizer;
  /** Its learning rate, as a multiple of that of `fit`. */
  readonly ratio: number;
}

/** The options of `fit` that tell parameters apart. */
export type GroupSettings = Pick<
  FitSettings,
  "optimizer" | "groups" | "layerDecay" | "learningRate" | "decayBiases" | "batchNorm"
>;

/**
 * The optimizer and learning rate of each trainable parameter. Throws `RangeError` where a group selects
 * nothing, or wants another weight decay of an optimizer that cannot have one.
 */
export function resolveGroups(model: Model, settings: GroupSettings): Map<string, ParameterRule> {
  const { optimizer, layerDecay, learningRate, decayBiases = true } = settings;
  const groupOf = grouped(model, settings);
  const trained = [...model.parameters.values()].filter((parameter) => parameter.trainable);
  const names = new Set(trained.map(({ name }) => name));
  const rates = spreads(model, settings, groupOf, names);
  const ofFit = learningRate && spreadOverDepth(model, names, learningRate);
  const share = layerDecay === undefined ? () => 1 : decayByDepth(model, layerDecay);
  const decays = new Decays();
  return new Map(trained.map((parameter) => {
    const { name } = parameter;
    const group = groupOf(name);
    const own = group?.optimizer ?? optimizer;
    const usual = group?.optimizer?.learningRate ?? ofFit?.(name) ?? optimizer.learningRate;
    const rate = (group && rates.get(group)?.(name)) ?? usual * share(name);
    const spared = !decayBiases && isVector(parameter) ? 0 : undefined;
    const rule = decays.of(own, group?.weightDecay ?? spared);
    return [name, { rule, ratio: rate / optimizer.learningRate * (group?.factor ?? 1) }];
  }));
}

/** The mode of a batch normalisation by the name of its scale. */
export function batchNormOf(
  model: Model,
  settings: Pick<GroupSettings, "groups" | "batchNorm">,
): BatchNormMode | undefined | ((scale: string) => BatchNormMode | undefined) {
  if (!settings.groups?.some((group) => group.batchNorm)) return settings.batchNorm;
  const groupOf = grouped(model, settings);
  return (scale) => groupOf(scale)?.batchNorm ?? settings.batchNorm;
}

/** The first group that selects a parameter. */
function grouped(
  model: Model,
  { groups = [] }: Pick<GroupSettings, "groups">,
): (name: string) => ParameterGroup | undefined {
  const found = new Map<string, ParameterGroup>();
  groups.forEach((group, index) => {
    for (const name of selected(model, group, index)) {
      found.set(name, found.get(name) ?? group);
    }
  });
  return (name) => found.get(name);
}

function selected(model: Model, { parameters }: ParameterGroup, index: number): Set<string> {
  try {
    return select(model, parameters);
  } catch (error) {
    const text = `fit(): option "groups[${index}].parameters": ${(error as Error).message}`;
    if (error instanceof RangeError) throw new RangeError(text, { cause: error });
    throw new TypeError(text, { cause: error });
  }
}

/** The rates of groups that have rates of their own. */
function spreads(
  model: Model,
  { groups = [] }: Pick<GroupSettings, "groups">,
  groupOf: (name: string) => ParameterGroup | undefined,
  trained: ReadonlySet<string>,
): Map<ParameterGroup, (name: string) => number> {
  const rates = new Map<ParameterGroup, (name: string) => number>();
  for (const group of groups) {
    const { learningRate } = group;
    if (typeof learningRate === "number") rates.set(group, () => learningRate);
    else if (learningRate) {
      const own = new Set([...trained].filter((name) => groupOf(name) === group));
      rates.set(group, spreadOverDepth(model, own, learningRate));
    }
  }
  return rates;
}

/** Biases and the scales of normalisations, which weight decay does not help. */
function isVector({ name, shape }: Parameter): boolean {
  return shape.length < 2 || /(^|[._/])bias$/.test(name);
}

/** Optimizers with another weight decay, made once each, so that what shares one can share a sweep. */
class Decays {
  readonly #made = new Map<Optimizer, Map<number, Optimizer>>();

  of(optimizer: Optimizer, weightDecay: number | undefined): Optimizer {
    if (weightDecay === undefined) return optimizer;
    if (weightDecay === Number(optimizer.settings.weightDecay ?? 0)) return optimizer;
    const known = this.#made.get(optimizer) ?? new Map<number, Optimizer>();
    this.#made.set(optimizer, known);
    const made = known.get(weightDecay) ?? optimizer.withWeightDecay?.(weightDecay);
    if (!made) {
      throw new RangeError(
        `fit(): the optimizer "${optimizer.name}" cannot be given the weight decay ${weightDecay}: ` +
          "it has no withWeightDecay. Give the group an optimizer of its own",
      );
    }
    known.set(weightDecay, made);
    return made;
  }
}
