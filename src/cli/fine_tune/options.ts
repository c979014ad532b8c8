import { PRECISIONS } from "../../train/precision/precision.ts";
import { LOGGER_OPTIONS } from "./loggers.ts";
import { BATCH_SIZE, DEVICE, ON_UNREADABLE, type Option } from "../option.ts";
import { OPTIMIZERS } from "./optimizers.ts";

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
    name: "head-epochs",
    kind: "integer",
    value: "N",
    least: 0,
    otherwise: "5 where more than the head is trained",
    help: "passes before those, in which only a new head is trained",
  },
  {
    name: "lr",
    kind: "number",
    value: "X",
    above: 0,
    otherwise: "0.001 for the head, else 0.00003; ten times that with sgd, adagrad and " +
      "adafactor, a tenth with lion",
    help: "highest learning rate",
  },
  {
    ...BATCH_SIZE,
    value: "N|auto",
    word: "auto",
    help: "pictures a step; auto takes as many as fit into memory",
  },
  {
    name: "optimizer",
    kind: "text",
    value: "NAME",
    choices: Object.keys(OPTIMIZERS),
    otherwise: "adamw",
    help: "how weights follow gradients; sgd has momentum 0.9",
  },
  {
    name: "weight-decay",
    kind: "number",
    value: "X",
    least: 0,
    otherwise: "0.01 with adamw and lamb, 0.1 with lion, 0.0001 with sgd, else 0",
    help: "how strongly weights are drawn to zero",
  },
  {
    name: "clip-norm",
    kind: "number",
    value: "X",
    above: 0,
    otherwise: "no limit",
    help: "largest norm of all gradients together; larger ones are scaled down",
  },
  {
    name: "layer-decay",
    kind: "number",
    value: "X",
    above: 0,
    most: 1,
    otherwise: "1",
    help: "the learning rate of each block of layers, as a share of that of the next, such as 0.75",
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
    value: "NAME",
    choices: ["none", "gentle", "imagenet", "randaugment", "trivialaugment"],
    otherwise: "none for the head, else imagenet",
    help: "random changes of the pictures: imagenet crops and mirrors them, gentle crops less, " +
      "randaugment and trivialaugment do more than imagenet",
  },
  {
    name: "augment-on",
    kind: "text",
    value: "WHERE",
    choices: ["cpu", "device"],
    otherwise: "cpu",
    help: "where that is done: device leaves it to the training graph, for a graphics card",
  },
  {
    name: "mix",
    kind: "text",
    choices: ["none", "mixup", "cutmix", "both"],
    otherwise: "none",
    help: "mix the pictures of each batch, and their labels; both draws one of them",
  },
  {
    name: "balance",
    kind: "flag",
    help: "draw every class as often as any other, however few pictures it has",
  },
  DEVICE,
  {
    name: "precision",
    kind: "text",
    choices: PRECISIONS,
    otherwise: "float32",
    help: "what matrix products and convolutions are computed in; 16 bits are faster on graphics " +
      "cards that have units for them",
  },
  {
    name: "memory",
    kind: "text",
    choices: ["normal", "low"],
    otherwise: "normal",
    help:
      "low computes a part of the forward pass again rather than keeping it: less memory, more time",
  },
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
    help: "keep the state here after each epoch, and go on from it where it is there",
  },
  {
    name: "checkpoint-steps",
    kind: "integer",
    value: "N",
    least: 1,
    help: "keep the state every N steps as well",
  },
  {
    name: "patience",
    kind: "integer",
    value: "N",
    least: 1,
    help:
      "end when the validation loss has not fallen for N epochs, and take the best one's weights",
  },
  {
    name: "overfit-batches",
    kind: "integer",
    value: "N",
    least: 1,
    help:
      "train on the first N batches only, unchanged, to see whether they can be learned by heart",
  },
  {
    name: "dry-run",
    kind: "flag",
    help: "try every part on a few pictures and keep nothing; --out may be left out",
  },
  {
    name: "features",
    kind: "text",
    value: "DIR",
    help: "keep what the frozen part makes of the pictures here, for later runs over them",
  },
  {
    name: "copies",
    kind: "integer",
    value: "N",
    least: 0,
    otherwise: "0",
    help: "where a part is frozen and pictures change: draw N of each picture, once",
  },
  ...LOGGER_OPTIONS,
];
