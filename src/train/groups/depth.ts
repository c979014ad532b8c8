import { blocks } from "../../onnx/blocks.ts";
import type { Model } from "../../onnx/model.ts";
import { select } from "../../onnx/select.ts";
import type { LayerDecay, RateSpread } from "./group.ts";

/** What each parameter's learning rate is multiplied with, by its distance from the classifier. */
export function decayByDepth(
  model: Model,
  layerDecay: number | LayerDecay,
): (name: string) => number {
  const { factor, least = 0, layers } = typeof layerDecay === "number"
    ? { factor: layerDecay }
    : layerDecay;
  const depth = new Map<string, number>();
  const groups = layers
    ? layers.map((selector) => select(model, selector))
    : blocks(model).map(({ parameters }) => parameters);
  groups.forEach((names, index) =>
    names.forEach((name) => depth.set(name, depth.get(name) ?? index))
  );
  const last = groups.length - 1;
  return (name) => Math.max(least, factor ** (last - (depth.get(name) ?? last)));
}

/** Rates for the parameters named, by the blocks that they lie in. */
export function spreadOverDepth(
  model: Model,
  names: ReadonlySet<string>,
  { from, to }: RateSpread,
): (name: string) => number {
  const held = blocks(model)
    .map(({ parameters }) => parameters.filter((name) => names.has(name)))
    .filter((parameters) => parameters.length > 0);
  const depth = new Map(held.flatMap((parameters, index) => parameters.map((one) => [one, index])));
  const last = held.length - 1;
  return (name) => last === 0 ? to : from * (to / from) ** (depth.get(name)! / last);
}
