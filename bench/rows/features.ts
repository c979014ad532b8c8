import { extractFeatures, imageFolder } from "../../mod.ts";
import { resnet18 } from "../../models/resnet.ts";
import type { Row } from "./row.ts";

/** Milliseconds a picture, from its file to ResNet-18's pooled features. */
export const features: Row = {
  unit: "ms",
  measure: async ({ pictures }) => {
    const model = resnet18();
    const start = performance.now();
    const dataset = await imageFolder(pictures);
    const { shape } = await extractFeatures(model, dataset, { device: "cpu", verbose: false });
    return (performance.now() - start) / shape[0]!;
  },
  lines: [{ label: "features, a picture", bound: 1 / 1.5 }],
};
