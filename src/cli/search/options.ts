import { FINE_TUNE_OPTIONS } from "../fine_tune/options.ts";
import type { Option } from "../option.ts";

/** Options that mean what they do in `fine-tune`. */
const SHARED = ["backbone", "validation", "split", "device", "seed", "on-unreadable"];

/** The options of `search`. */
export const SEARCH_OPTIONS: readonly Option[] = [
  ...FINE_TUNE_OPTIONS.filter(({ name }) => SHARED.includes(name)),
  { name: "out", kind: "text", value: "FILE", help: "where the best model goes" },
  {
    name: "chart",
    kind: "text",
    value: "FILE",
    help: "where a picture of all trials goes: FILE.svg or .png",
  },
  {
    name: "folder",
    kind: "text",
    value: "DIR",
    help: "keep trials, checkpoints and features here, and go on from them where they are there",
  },
  {
    name: "strategy",
    kind: "text",
    choices: ["random", "grid", "asha"],
    otherwise: "random",
    help:
      "which trials: drawn at random, all combinations, or many short ones of which the best go on",
  },
  {
    name: "trials",
    kind: "integer",
    value: "N",
    least: 1,
    otherwise: "20",
    help: "how many trials, with random and asha",
  },
  {
    name: "epochs",
    kind: "integer",
    value: "N",
    least: 1,
    otherwise: "10, with asha 27",
    help: "passes over the pictures a trial, with asha those of the longest",
  },
  {
    name: "train",
    kind: "text",
    value: "LIST",
    otherwise: "head",
    help: "what is trained, as in fine-tune; several by commas are tried: head,all",
  },
  {
    name: "lr",
    kind: "text",
    value: "LOW:HIGH",
    otherwise: "0.0001:0.1 for the head, else 0.000001:0.001",
    help: "learning rates, or a list",
  },
  {
    name: "weight-decay",
    kind: "text",
    value: "LOW:HIGH",
    otherwise: "0.00001:0.1",
    help: "weight decay, or a list",
  },
  {
    name: "dropout",
    kind: "text",
    value: "LOW:HIGH",
    otherwise: "0:0.5",
    help: "dropout of what the head reads, or a list",
  },
  {
    name: "batch-size",
    kind: "text",
    value: "LIST",
    otherwise: "16,32,64",
    help: "pictures a step, by commas",
  },
  {
    name: "augment",
    kind: "text",
    value: "LIST",
    otherwise: "none",
    help: "random changes of the pictures, by commas: none, gentle, imagenet",
  },
  {
    name: "optimizer",
    kind: "text",
    value: "LIST",
    otherwise: "adamw",
    help: "optimizers, by commas: adamw, adam, sgd",
  },
];
