import { z } from "zod";

/**
 * Where to compute: `"auto"` takes CUDA where its provider is installed and the CPU elsewhere.
 * `"webgpu"` is any graphics card, through Vulkan, Metal or Direct3D 12.
 */
export type Device = "auto" | "cpu" | "cuda" | "webgpu";

/** Devices that can be asked for. */
export const DEVICES = ["auto", "cpu", "cuda", "webgpu"] as const satisfies readonly Device[];

/** The option `device` as functions check it. */
export const deviceOption = z.enum(DEVICES).optional();
