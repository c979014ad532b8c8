import { digitCnn } from "../../models/digit_cnn.ts";
import { efficientnetB0 } from "../../models/efficientnet.ts";
import { mobilenetV2 } from "../../models/mobilenet_v2.ts";
import { resnet18, resnet50 } from "../../models/resnet.ts";
import { vgg11Bn } from "../../models/vgg.ts";
import { adamwUpdate } from "./adamw.ts";
import { features } from "./features.ts";
import { headOnly } from "./head_only.ts";
import { lastStageEpoch } from "./last_stage_epoch.ts";
import { memory } from "./memory.ts";
import type { Row } from "./row.ts";
import { trainingStep } from "./training_step.ts";

/** All rows by name, those of pytorch_side.py. */
export const rows: Readonly<Record<string, Row>> = {
  "resnet18-step": trainingStep("resnet18-step", { model: resnet18, batchSize: 16 }),
  "resnet50-step": trainingStep("resnet50-step", { model: resnet50, batchSize: 8 }),
  "vgg11-step": trainingStep("vgg11-step", { model: vgg11Bn, batchSize: 8 }),
  "mobilenetv2-step": trainingStep("mobilenetv2-step", { model: mobilenetV2, batchSize: 16 }),
  "efficientnet-step": trainingStep("efficientnet-step", {
    model: efficientnetB0,
    batchSize: 16,
  }),
  "mnist-step": trainingStep("mnist-step", {
    model: digitCnn,
    batchSize: 64,
    steps: 25,
    bound: 0.9,
  }),
  "last-stage-epoch": lastStageEpoch,
  "head-only": headOnly,
  "adamw": adamwUpdate,
  "features": features,
  "memory": memory,
};
