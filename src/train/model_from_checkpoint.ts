import { join } from "@std/path";
import { z } from "zod";
import type { Model } from "../onnx/model.ts";
import { checkOptions } from "../tensor/options.ts";
import { sameShape } from "../tensor/shape.ts";
import { CHECKPOINT, readCheckpoint } from "./checkpoint.ts";
import { BEST, earlierName } from "./run/checkpoints.ts";
import { Trainer } from "./trainer.ts";

/** Options of `modelFromCheckpoint`. */
export interface ModelFromCheckpointOptions {
  /** Which one: the newest, that of the best epoch, or the one after so many steps. @default {"last"} */
  readonly which?: "last" | "best" | number;
}

const schema: z.ZodType<ModelFromCheckpointOptions> = z.strictObject({
  which: z.union([z.enum(["last", "best"]), z.number().int().min(0)]).optional(),
}) as z.ZodType<ModelFromCheckpointOptions>;

/**
 * A model with the weights of a checkpoint that `fit` wrote while it trained that model. Throws
 * `Deno.errors.NotFound` where there is no such checkpoint, `SyntaxError` where it is damaged,
 * `RangeError` where it is of another model.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arrays, fit, loadBackbone, modelFromCheckpoint } from "@graft/graft";
 *
 * const model = await loadBackbone("digit_cnn", { weights: "random" });
 * const x = { type: "float32", dims: [2, 1, 28, 28], data: new Float32Array(1568).fill(1) } as const;
 * const targets = { type: "int64", dims: [2], data: BigInt64Array.of(3n, 7n) } as const;
 * const folder = await Deno.makeTempDir();
 * const checkpoint = { folder, keepBest: { monitor: "loss" } };
 * const options = { epochs: 2, checkpoint, verbose: false };
 * const { model: tuned } = await fit(model, arrays({ inputs: { x }, targets }), options);
 * const best = await modelFromCheckpoint(model, folder, { which: "best" });
 * assertEquals(best.parameters.get("fc2.bias")!.value, tuned.parameters.get("fc2.bias")!.value);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function modelFromCheckpoint(
  model: Model,
  folder: string,
  options: ModelFromCheckpointOptions = {},
): Promise<Model> {
  const { which = "last" } = checkOptions("modelFromCheckpoint", schema, options);
  const name = which === "last" ? CHECKPOINT : which === "best" ? BEST : earlierName(which);
  const path = join(folder, name);
  const checkpoint = await readCheckpoint(folder, name);
  if (!checkpoint) throw new Deno.errors.NotFound(`There is no checkpoint ${path}`);
  for (const [parameter, { dims }] of Trainer.weightsOf(checkpoint.tensors)) {
    const own = model.graph.values.get(parameter)?.constant;
    if (own && sameShape(own.dims, dims)) continue;
    throw new RangeError(
      `${path} is of another model: its "${parameter}" is [${dims}], that of "${model.name}" is ` +
        (own ? `[${own.dims}]` : "not there"),
    );
  }
  return Trainer.modelOf(model, checkpoint.tensors);
}
