import { replaceHead } from "../../onnx/replace_head.ts";
import { freeze, unfreeze } from "../../onnx/select.ts";
import type { Model } from "../../onnx/model.ts";
import { selectorOf } from "./recipe.ts";

/** `backbone` with a head for `classes` and with what `train` selects trainable, the head always. */
export function prepareModel(
  backbone: Model,
  classes: readonly string[],
  { train, seed }: { readonly train: string; readonly seed: number },
): { readonly model: Model; readonly isNewHead: boolean } {
  const same = backbone.classes?.length === classes.length &&
    classes.every((name, index) => backbone.classes![index] === name);
  const whole = same ? backbone : replaceHead(backbone, { classes, seed });
  const isNewHead = !same;
  if (train === "all") return { model: unfreeze(whole, "all"), isNewHead };
  const head = unfreeze(freeze(whole, "all"), "head");
  return { model: train === "head" ? head : unfreeze(head, selectorOf(train)), isNewHead };
}
