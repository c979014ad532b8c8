import { z } from "zod";
import type { CudaSettings } from "./native/provider.ts";

/**
 * Where to compute: `"auto"` takes CUDA where its provider is installed and the CPU elsewhere.
 * `"webgpu"` is any graphics card, through Vulkan, Metal or Direct3D 12.
 */
export type Device = "auto" | "cpu" | "cuda" | "webgpu";

/** Devices that can be asked for. */
export const DEVICES = ["auto", "cpu", "cuda", "webgpu"] as const satisfies readonly Device[];

/** The option `device` as functions check it. */
export const deviceOption = z.enum(DEVICES).optional();

/** How CUDA computes. */
export interface CudaOptions {
  /** Which card, counted from 0. @default {0} */
  readonly deviceId?: number;
  /**
   * Whether products of float32 are rounded to TF32 (10 bits of mantissa instead of 23) where the card
   * has units for it. @default {true}
   */
  readonly tf32?: boolean;
  /** The most memory of the card that each network made ready takes, in MiB. @default {all} */
  readonly memoryLimitMiB?: number;
  /**
   * Whether a step of training is captured as a CUDA graph and played back, where all of it can be
   * computed on the card. @default {true}
   */
  readonly graph?: boolean;
}

/** How devices compute, for those that have a choice. Each is looked at only where it is the one used. */
export interface DeviceOptions {
  /** For CUDA. */
  readonly cuda?: CudaOptions;
}

/** The option `deviceOptions` as functions check it. */
export const deviceOptionsOption: z.ZodOptional<z.ZodType<DeviceOptions>> = (z.strictObject({
  cuda: z.strictObject({
    deviceId: z.number().int().min(0).optional(),
    tf32: z.boolean().optional(),
    memoryLimitMiB: z.number().int().positive().optional(),
    graph: z.boolean().optional(),
  }).optional(),
}) as z.ZodType<DeviceOptions>).optional();

/** How CUDA computes, with the defaults. */
export function cudaSettings({ cuda = {} }: DeviceOptions): CudaSettings {
  const { deviceId = 0, tf32 = true, memoryLimitMiB, graph = true } = cuda;
  return { deviceId, tf32, memoryLimitMiB, graph };
}
