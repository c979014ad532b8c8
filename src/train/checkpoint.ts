import { join } from "@std/path";
import {
  type Checkpoint as FileContent,
  type OptimizerGroup,
  type PropertyValue,
  USED_GROUP,
} from "../artifacts/checkpoint/checkpoint.ts";
import {
  readCheckpoint as readFile,
  writeCheckpoint as writeFile,
} from "../artifacts/checkpoint/checkpoint_file.ts";
import type { EncodeOptions } from "../artifacts/checkpoint/encode.ts";
import { sha256 } from "../tensor/sha256.ts";
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { recover, removeHalfWritten, whileKept } from "./checkpoint_files.ts";

/** What a run needs to go on exactly where it stopped. */
export interface Checkpoint {
  /**
   * Parameters; running statistics and optimizer state under the names that the functions here give;
   * others under names that begin with `EXTRA`.
   */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Everything else, as JSON; numbers may also be NaN or infinite. */
  readonly state: unknown;
  /** Optimizer steps taken. @default {0} */
  readonly steps?: number;
  /** The optimizer's learning rate. @default {0} */
  readonly learningRate?: number;
}

/** How a checkpoint is written. */
export interface WriteOptions extends EncodeOptions {
  /** Its name in the folder. @default {"checkpoint"} */
  readonly name?: string;
}

/** The name of the newest checkpoint in its folder. */
export const CHECKPOINT = "checkpoint";
/** The property that holds what ONNX Runtime has no place for. */
const STATE = "graft_state";
/** The property that tells a damaged file. */
const CHECKSUM = "graft_checksum";
const MOMENT = /^state\/(momentum\d+)\/(.*)$/s;
const RUNNING = "running/";
/** Begins the names of tensors that are neither parameters, running statistics nor optimizer state. */
export const EXTRA = "extra/";

/** The name of an array of optimizer state of a parameter. */
export function momentName(index: number, parameter: string): string {
  return `state/momentum${index}/${parameter}`;
}

/** The name of a running statistic. */
export function runningName(name: string): string {
  return RUNNING + name;
}

/**
 * Writes a checkpoint into a folder, in the format of ONNX Runtime's on-device training: running
 * statistics and other tensors are frozen parameters there. The file is written beside and renamed:
 * there is always a whole one, whenever the process ends.
 */
export async function writeCheckpoint(
  folder: string,
  checkpoint: Checkpoint,
  { name = CHECKPOINT, ...options }: WriteOptions = {},
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await removeHalfWritten(folder);
  const path = join(folder, name);
  const content = await contentOf(checkpoint);
  await whileKept(path, () => writeFile(path, content, options));
}

async function contentOf(checkpoint: Checkpoint): Promise<FileContent> {
  const trainable = new Map<string, Tensor>();
  const frozen = new Map<string, Tensor>();
  const moments = new Map<string, Map<string, Tensor>>();
  for (const [key, value] of checkpoint.tensors) {
    const [, moment, parameter] = MOMENT.exec(key) ?? [];
    if (moment !== undefined) {
      const own = moments.get(parameter!) ?? new Map<string, Tensor>();
      moments.set(parameter!, own.set(moment, value));
    } else if (key.startsWith(RUNNING)) frozen.set(key.slice(RUNNING.length), value);
    else if (key.startsWith(EXTRA)) frozen.set(key, value);
    else trainable.set(key, value);
  }
  if (!areOfficial(moments, trainable)) {
    for (const [parameter, own] of moments) {
      for (const [moment, value] of own) frozen.set(`state/${moment}/${parameter}`, value);
    }
    moments.clear();
  }
  const group: OptimizerGroup = {
    name: USED_GROUP,
    step: checkpoint.steps ?? 0,
    initialLearningRate: checkpoint.learningRate ?? 0,
    moments,
  };
  const state = JSON.stringify(checkpoint.state, writeNumber);
  return {
    trainable,
    frozen,
    optimizerGroups: moments.size > 0 ? [group] : [],
    properties: new Map<string, PropertyValue>([
      [STATE, state],
      [CHECKSUM, await checksum(checkpoint.tensors, state)],
    ]),
    nominal: false,
  };
}

/**
 * Whether ONNX Runtime's format has a place for an optimizer's state: the same arrays for all
 * parameters, each of the parameter's shape. Other state is kept beside the running statistics.
 */
function areOfficial(
  moments: ReadonlyMap<string, ReadonlyMap<string, Tensor>>,
  trainable: ReadonlyMap<string, Tensor>,
): boolean {
  const kinds = [...trainable].map(([name, { dims }]) => {
    const own = [...moments.get(name) ?? []];
    return own.every(([, value]) => sameShape(value.dims, dims)) &&
      own.map(([moment]) => moment).join();
  });
  return kinds.every((kind) => kind !== false && kind === kinds[0]);
}

/**
 * Reads a checkpoint in a folder; `undefined` where there is none. Throws `SyntaxError` where the
 * file is damaged.
 */
export async function readCheckpoint(
  folder: string,
  name: string = CHECKPOINT,
): Promise<Checkpoint | undefined> {
  const path = join(folder, name);
  await recover(path);
  try {
    await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    const { trainable, frozen, optimizerGroups, properties } = await readFile(path);
    const state = properties.get(STATE);
    if (typeof state !== "string") throw new SyntaxError("it is of another program");
    const tensors = new Map(trainable);
    for (const [key, value] of frozen) {
      tensors.set(key.startsWith(EXTRA) || MOMENT.test(key) ? key : runningName(key), value);
    }
    for (const [parameter, own] of optimizerGroups[0]?.moments ?? []) {
      for (const [moment, value] of own) tensors.set(`state/${moment}/${parameter}`, value);
    }
    if (properties.get(CHECKSUM) !== await checksum(tensors, state)) {
      throw new SyntaxError("its checksum does not fit what it holds");
    }
    return { tensors, state: JSON.parse(state, readNumber) };
  } catch (error) {
    throw new SyntaxError(
      `${path} is not a checkpoint, or it is damaged (${(error as Error).message}); ` +
        "remove it to start anew, or put an earlier one in its place",
      { cause: error },
    );
  }
}

/** SHA-256 of everything that matters, whatever the order of the tensors. */
async function checksum(tensors: ReadonlyMap<string, Tensor>, state: string): Promise<string> {
  const lines = await Promise.all(
    [...tensors].map(async ([name, { type, dims, data }]) => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return `${JSON.stringify(name)} ${type}[${dims}] ${await sha256(bytes)}`;
    }),
  );
  return await sha256([...lines.sort(), state].join("\n"));
}

/** JSON has no NaN and no infinity, such as the accuracy where there are no classes. */
function writeNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? { $number: `${value}` } : value;
}

function readNumber(_key: string, value: unknown): unknown {
  const text = (value as { $number?: unknown } | null)?.$number;
  return typeof text === "string" ? Number(text) : value;
}
