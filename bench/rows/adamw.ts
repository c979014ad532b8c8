import { adamW } from "../../mod.ts";
import { resnet18 } from "../../models/resnet.ts";
import { median, numbers, updateTimes } from "../steps.ts";
import type { Row } from "./row.ts";

/** Milliseconds of AdamW over ResNet-18's 62 tensors, the gradients being there. */
export const adamwUpdate: Row = {
  unit: "ms",
  measure: async () => {
    const model = resnet18({ sizePx: 64 });
    const dataset = numbers(model, 2);
    return median(await updateTimes(model, { dataset, optimizer: adamW(), steps: 30 }));
  },
  lines: [
    { label: "adamw, fused", theirs: "fused", bound: 1 },
    { label: "adamw, default", theirs: "default", bound: 0.3 },
  ],
};
