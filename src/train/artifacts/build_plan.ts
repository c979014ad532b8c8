import type { Dim } from "../../onnx/graph.ts";
import type { Model, ValueInfo } from "../../onnx/model.ts";
import { lossOf } from "../../artifacts/losses/by_name.ts";
import { RESET } from "../../artifacts/read/names.ts";
import type { BuildSettings } from "./build_options.ts";

/** What is known before any graph is built. */
export interface BuildPlan {
  /** Name of the input that takes labels or target values. */
  readonly target: string;
  /** Shapes of the inputs at a batch size. */
  shapes(batch: number): Record<string, readonly number[]>;
  /** The input whose first axis is the batch, where that is free. */
  readonly batchInput: string | undefined;
  /** The batch size that the model or the user fixes. */
  readonly batchSize: number | undefined;
}

/** What official files call the targets. */
function targetName({ loss }: BuildSettings): string {
  const { targets } = lossOf(loss);
  return targets === "classes" || targets === "groups" ? "labels" : "target";
}

/**
 * Names and shapes of what the artifacts are fed. Throws `RangeError` for names that the runtime
 * takes for its own, and where a size is not known.
 */
export function planBuild(model: Model, settings: BuildSettings): BuildPlan {
  const target = targetName(settings);
  for (const name of [...model.inputs.map((input) => input.name), ...settings.outputs]) {
    refuseName(name, target);
  }
  const unknown = settings.outputs.find((name) => !model.graph.values.has(name));
  if (unknown !== undefined) {
    throw new RangeError(`buildArtifacts(): option "outputs": the model has no value "${unknown}"`);
  }
  const [first] = model.inputs;
  const lead = first?.shape[0];
  if (first === undefined || lead === undefined) {
    throw new TypeError(`buildArtifacts(): the model's first input has no axis for the examples`);
  }
  const known = { ...pictureSizes(model), ...settings.sizes };
  const sizeOf = (input: ValueInfo, dim: Dim, axis: number, batch: number) => {
    if (typeof dim === "number") return dim;
    if (axis === 0 && (dim === lead || dim === "")) return batch;
    const size = known[dim] ?? known[`${input.name}:${axis}`];
    if (size !== undefined) return size;
    throw new RangeError(
      `buildArtifacts(): axis ${axis} of input "${input.name}" is "${dim}", any size; only the ` +
        `batch can stay free. Give the size: { sizes: { ${JSON.stringify(dim)}: 128 } }`,
    );
  };
  const isFree = typeof lead === "string" && settings.batchSize === undefined;
  return {
    target,
    shapes: (batch) =>
      Object.fromEntries(model.inputs.map((input) => [
        input.name,
        input.shape.map((dim, axis) => sizeOf(input, dim, axis, batch)),
      ])),
    batchInput: isFree ? first.name : undefined,
    batchSize: typeof lead === "number" ? lead : settings.batchSize,
  };
}

function refuseName(name: string, target: string): void {
  if (name === target || name === RESET) {
    throw new RangeError(
      `buildArtifacts(): the model has an input or output "${name}", which is the name of what ` +
        "the artifacts add; rename it",
    );
  }
  if (!/(_grad|_grad\.accumulation\.(buffer|out))$/.test(name)) return;
  throw new RangeError(
    `buildArtifacts(): "${name}" ends like the name of a gradient, for which ONNX Runtime would ` +
      "take it; rename it",
  );
}

/** Height and width of pictures, by the places they have in the input. */
function pictureSizes({ inputs, preprocessing }: Model): Record<string, number> {
  if (!preprocessing) return {};
  const { heightPx, widthPx, layout } = preprocessing;
  const from = layout === "nchw" ? 2 : 1;
  const pictures = inputs.filter(({ shape }) => shape.length === 4);
  return Object.fromEntries(
    pictures.flatMap(({ name, shape }) =>
      [heightPx, widthPx].flatMap((size, at) => {
        const dim = shape[from + at];
        return typeof dim === "string" ? [[`${name}:${from + at}`, size]] : [];
      })
    ),
  );
}
