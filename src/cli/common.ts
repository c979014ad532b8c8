import { type ImageDataset, imageFolder } from "../data/image_folder.ts";
import type { OnUnreadable } from "../data/picture_dataset.ts";
import type { Device } from "../runtime/device.ts";
import type { Dataset } from "../tensor/dataset.ts";
import type { Output } from "./output.ts";
import type { Values } from "./values.ts";
import { plural } from "./table.ts";

/** `{ [name]: value }`, or nothing where `value` was not given. */
export function present<Name extends string, T>(
  name: Name,
  value: T | undefined,
): { [key in Name]?: T } {
  return value === undefined ? {} : { [name]: value } as { [key in Name]: T };
}

/** Option `--device`, where it was given. */
export function device(values: Values): { device?: Device } {
  return present("device", values.text("device") as Device | undefined);
}

/** Option `--on-unreadable`, where it was given. */
export function onUnreadable(values: Values): { onUnreadable?: OnUnreadable } {
  return present("onUnreadable", values.text("on-unreadable") as OnUnreadable | undefined);
}

/** The pictures of a folder, a folder a class. */
export function readFolder(
  folder: string,
  values: Values,
  classes?: readonly string[],
): Promise<ImageDataset> {
  return imageFolder(folder, { ...onUnreadable(values), ...present("classes", classes) });
}

/** Names what `data` left out, on stderr. */
export function warnSkipped(data: readonly Dataset[], output: Output): void {
  const skipped = data.flatMap((one) => one.skipped ?? []);
  if (skipped.length === 0) return;
  output.warn(`Skipped ${plural(skipped.length, "unreadable picture")}:`);
  for (const { name, reason } of skipped) output.warn(`  ${name}: ${reason}`);
}

/** What `data` left out, for `--json`. */
export function skippedFiles(data: readonly Dataset[]): { file: string; reason: string }[] {
  return data.flatMap((one) => one.skipped ?? [])
    .map(({ name, reason }) => ({ file: name, reason }));
}
