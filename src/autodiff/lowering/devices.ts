import type { Graph } from "../../onnx/graph.ts";
import type { Lack } from "../builder_options.ts";
import { writeOut } from "../written/mod.ts";
import type { WriteOut } from "../written/written.ts";
import { trainingNorm } from "./training_norm.ts";

/** Devices that graphs are made for. */
export type Device = "cpu" | "cuda" | "webgpu";

/** What the engine, version 1.30, cannot do on a device and a gradient must do without. */
export const LACKS: Readonly<Record<Device, ReadonlySet<Lack>>> = {
  cpu: new Set(),
  // No kernel; on the CPU, the numbers would travel. Groups are many small kernels on a card.
  cuda: new Set<Lack>(["MaxUnpool", "image groups"]),
  // "The Indices output is not supported yet."
  webgpu: new Set<Lack>(["MaxPool indices", "image groups"]),
};

/** Operators that the engine claims on a device and then cannot run, and what stands in for them. */
const WRITTEN: Readonly<Record<Device, Readonly<Record<string, WriteOut>>>> = {
  cpu: {},
  // Its kernel looks for the five outputs of opset 9; without them it takes the running statistics.
  cuda: { BatchNormalization: trainingNorm },
  // "BatchNormalization trainingMode is not supported yet."
  webgpu: { BatchNormalization: trainingNorm },
};

/** Writes out what the engine cannot run on a device, in a graph of static shapes. */
export function writeOutFor(device: Device, graph: Graph): void {
  writeOut(graph, WRITTEN[device]);
}
