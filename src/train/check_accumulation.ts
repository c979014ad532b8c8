import type { FitSettings } from "./fit_options.ts";

/** An optimizer that looks at the gradient elsewhere needs all of a step's examples at once. */
export function checkAccumulation({ accumulate, optimizer, groups = [] }: FitSettings): void {
  if (accumulate === 1) return;
  const all = [optimizer, ...groups.flatMap((group) => group.optimizer ?? [])];
  const probing = all.find(({ probe }) => probe);
  if (!probing) return;
  throw new RangeError(
    `fit(): option "accumulate" must be 1 with ${probing.name}, which computes the gradient of a step ` +
      `twice, found ${accumulate}`,
  );
}
