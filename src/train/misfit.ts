import { IMAGES } from "../artifacts/image_input.ts";
import type { Model } from "../onnx/model.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** How the engine speaks of sizes that do not go together. */
const ABOUT_SIZES = /ShapeInferenceError|dimension|shape|kernel size|pads? /i;
const ABOUT_OTHERS = /allocate|out of memory|CUDA|cuDNN/i;

/**
 * Does `task`, which runs a model on inputs whose sizes it leaves free. Where the engine finds that
 * sizes inside do not go together, throws a `TypeError` that says what was given.
 */
export async function namingSizes<T>(
  model: Model,
  inputs: Readonly<Record<string, Pick<Tensor, "type" | "dims">>>,
  task: () => Promise<T>,
): Promise<T> {
  try {
    return await task();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Errors of ours have classes of their own.
    const isOther = (error as Error | undefined)?.constructor !== Error ||
      !ABOUT_SIZES.test(message) || ABOUT_OTHERS.test(message) || !hasFreeSizes(model, inputs);
    if (isOther) throw error;
    const given = Object.entries(inputs).map(([name, { type, dims }]) =>
      name === IMAGES
        ? `pictures of ${dims[2]}×${dims[1]} pixels`
        : `"${name}" ${type}[${["N", ...dims.slice(1)]}]`
    );
    throw new TypeError(
      `The model "${model.name}" cannot take ${given.join(", ")}: ${
        reasonIn(message)
      }. Its layers ` +
        "were made for another size, or have nothing left of one this small; give the size that it " +
        "was trained with",
      { cause: error },
    );
  }
}

/** Whether the model leaves open a size other than the batch's. */
function hasFreeSizes(model: Model, inputs: Readonly<Record<string, unknown>>): boolean {
  return IMAGES in inputs ||
    model.inputs.some(({ shape }) => shape.slice(1).some((dim) => typeof dim === "string"));
}

/** What the engine says, without where in its sources it says so. */
function reasonIn(message: string): string {
  const operator = /Op \((\w+)\)/.exec(message)?.[1] ?? /running (\w+) node/.exec(message)?.[1];
  const tail = message.split(/\[ShapeInferenceError\]|Status Message:/).at(-1)!
    .replace(/^\s*\S+\.(?:h|cc):\d+\s*/, "").trim().split("\n")[0]!.replace(/\.$/, "");
  return operator === undefined ? tail : `${operator}: ${tail}`;
}
