import { BATCH_SIZE, DEVICE, ON_UNREADABLE, type Option } from "../option.ts";
import { LOSSES } from "./recipe.ts";

/** The options of `fine-tune`. */
export const FINE_TUNE_OPTIONS: readonly Option[] = [
  {
    name: "backbone",
    kind: "text",
    value: "NAME|FILE",
    otherwise: "mobilenet_v2",
    help: 'the network to start from: a name that "models" lists, an ONNX file, a URL or ' +
      "hf:owner/repo/file.onnx",
  },
  { name: "out", kind: "text", value: "FILE", help: "where the fine-tuned model goes" },
  { name: "validation", kind: "text", value: "DIR", help: "pictures to measure on" },
  {
    name: "split",
    kind: "number",
    value: "SHARE",
    least: 0,
    most: 0.9,
    otherwise: "0.2",
    help: "share of DIR set aside to measure on, where there is no --validation; 0 for none",
  },
  {
    name: "train",
    kind: "text",
    value: "head|all|NAME",
    otherwise: "head",
    help: "what is trained: the new head only, all weights, or the head and the parameters that " +
      "NAME selects (a name, layer4.*, /pattern/, after:NODE)",
  },
  {
    name: "epochs",
    kind: "integer",
    value: "N",
    least: 1,
    otherwise: "10 for the head, else 5",
    help: "passes over the pictures",
  },
  {
    name: "lr",
    kind: "number",
    value: "X",
    above: 0,
    otherwise: "0.001 for the head, else 0.0001; ten times that with sgd",
    help: "highest learning rate",
  },
  { ...BATCH_SIZE, help: "pictures a step" },
  {
    name: "optimizer",
    kind: "text",
    choices: ["sgd", "adam", "adamw"],
    otherwise: "adamw",
    help: "how weights follow gradients; sgd has momentum 0.9",
  },
  {
    name: "weight-decay",
    kind: "number",
    value: "X",
    least: 0,
    otherwise: "0.01 with adamw, 0.0001 with sgd, 0 with adam",
    help: "how strongly weights are drawn to zero",
  },
  {
    name: "schedule",
    kind: "text",
    value: "NAME",
    choices: ["constant", "one-cycle", "cosine", "step"],
    otherwise: "one-cycle",
    help: "how the learning rate goes",
  },
  {
    name: "augment",
    kind: "text",
    choices: ["none", "imagenet"],
    otherwise: "none for the head, else imagenet",
    help: "random changes of the pictures: imagenet crops and mirrors them",
  },
  {
    name: "loss",
    kind: "text",
    value: "NAME",
    choices: Object.keys(LOSSES),
    otherwise: "cross-entropy",
    help: "what training makes small",
  },
  DEVICE,
  {
    name: "seed",
    kind: "integer",
    value: "N",
    least: 0,
    otherwise: "0",
    help: "seed of everything random; the same seed gives the same model",
  },
  ON_UNREADABLE,
  {
    name: "checkpoint",
    kind: "text",
    value: "DIR",
    help: "keep the state here, and go on from it where it is there",
  },
];
