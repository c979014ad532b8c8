import { DEVICES } from "../runtime/device.ts";

/** What the value of an option may be; `flag` takes none. */
export type OptionKind = "flag" | "text" | "integer" | "number";

/** An option of a command: a row of its table. */
export interface Option {
  /** Name without the dashes. */
  readonly name: string;
  /** What its value may be. */
  readonly kind: OptionKind;
  /** What its value is, in capitals, for the help. */
  readonly value?: string;
  /** The only values allowed. */
  readonly choices?: readonly string[];
  /** A word that may be given in the place of a number. */
  readonly word?: string;
  /** Least number allowed. */
  readonly least?: number;
  /** Number that the value must exceed. */
  readonly above?: number;
  /** Greatest number allowed. */
  readonly most?: number;
  /** What happens without it, in words, for the help. */
  readonly otherwise?: string;
  /** What it does. */
  readonly help: string;
}

/** Options that every command takes. */
export const COMMON_OPTIONS: readonly Option[] = [
  {
    name: "json",
    kind: "flag",
    help: "print one JSON object, and nothing else but progress and warnings on stderr",
  },
  { name: "quiet", kind: "flag", help: "show no progress" },
  { name: "debug", kind: "flag", help: "print where an error came from" },
  { name: "help", kind: "flag", help: "print this" },
];

/** Where the network runs. */
export const DEVICE: Option = {
  name: "device",
  kind: "text",
  choices: DEVICES,
  otherwise: "auto",
  help: "where to compute; auto takes a GPU where it can be used",
};

/** Pictures at a time. */
export const BATCH_SIZE: Option = {
  name: "batch-size",
  kind: "integer",
  value: "N",
  least: 1,
  otherwise: "32",
  help: "pictures at a time",
};

/** What to do with pictures that cannot be read. */
export const ON_UNREADABLE: Option = {
  name: "on-unreadable",
  kind: "text",
  choices: ["error", "skip"],
  otherwise: "error",
  help: "what to do with a picture that cannot be read; what is skipped is listed at the end",
};

/** Copies that answers are means of. */
export const TTA: Option = {
  name: "tta",
  kind: "integer",
  value: "N",
  least: 1,
  otherwise: "none",
  help: "answers are means over each picture and N gently changed copies of it",
};
