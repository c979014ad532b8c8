import type { Tensor } from "../../tensor/tensor.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { ExternalLayout } from "./external_layout.ts";

/** The most bytes a flatbuffer may have. */
const LIMIT_BYTES = 2 ** 31 - 1;

/** Bytes that one table takes at most beside texts, shapes and elements. */
const TABLE_BYTES = 128;

/**
 * Bytes that are enough for the checkpoint file, so that what is written need not be moved. Throws
 * `RangeError` where they are more than a flatbuffer may have.
 */
export function roomFor(checkpoint: Checkpoint, { offsets }: ExternalLayout): number {
  let room = 8 * TABLE_BYTES;
  const addText = (text: string) => room += TABLE_BYTES + 3 * text.length;
  const addTensor = (name: string, { dims, data }: Tensor) => {
    addText(name);
    room += 8 * dims.length + data.byteLength;
  };
  for (const [name, tensor] of [...checkpoint.trainable, ...checkpoint.frozen]) {
    if (offsets.has(name) || checkpoint.nominal) addText(name);
    else addTensor(name, tensor);
    room += 8 * tensor.dims.length;
  }
  for (const group of checkpoint.optimizerGroups) {
    addText(group.name);
    for (const [name, moments] of group.moments) {
      addText(name);
      moments.forEach((tensor, moment) => addTensor(moment, tensor));
    }
  }
  for (const [name, value] of checkpoint.properties) {
    addText(name);
    if (typeof value === "string") addText(value);
  }
  if (room <= LIMIT_BYTES) return room;
  throw new RangeError(
    `The checkpoint needs about ${room} bytes in one file, and ${LIMIT_BYTES} is the most it may ` +
      "have; write version 2 with external data",
  );
}
