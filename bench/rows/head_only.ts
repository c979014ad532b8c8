import { fit, freeze, imageFolder, replaceHead } from "../../mod.ts";
import { resnet18 } from "../../models/resnet.ts";
import { momentum } from "../steps.ts";
import type { Row } from "./row.ts";

/** Seconds from a network and a folder of pictures to a head trained for ten epochs. */
export const headOnly: Row = {
  unit: "s",
  measure: async ({ pictures }) => {
    const backbone = resnet18();
    const start = performance.now();
    const dataset = await imageFolder(pictures);
    const model = replaceHead(freeze(backbone, "all"), { classes: dataset.classes });
    await fit(model, dataset, {
      epochs: 10,
      batchSize: 32,
      optimizer: momentum(),
      device: "cpu",
      verbose: false,
    });
    return (performance.now() - start) / 1000;
  },
  lines: [
    { label: "head-only, usual loop", theirs: "usual", bound: 0.15 },
    { label: "head-only, features once", theirs: "once", bound: 1 },
  ],
};
