import type { CudaOptions, Device, Model } from "../../mod.ts";
import { mobilenetV2 } from "../../models/mobilenet_v2.ts";
import { resnet18, resnet50 } from "../../models/resnet.ts";

/** The networks that are measured. */
export const networks = {
  resnet18,
  resnet50,
  mobilenet_v2: mobilenetV2,
} satisfies Readonly<Record<string, (options: { readonly sizePx: number }) => Model>>;

/** One measurement. */
export interface Job {
  /** Milliseconds of a step of training, or pictures a second whose features are extracted. */
  readonly what: "step" | "features";
  /** Which network. */
  readonly network: keyof typeof networks;
  /** Width and height of a picture. */
  readonly sizePx: number;
  /** Pictures at a time. */
  readonly batchSize: number;
  /** Steps or batches that are timed. */
  readonly steps: number;
  /** Where. */
  readonly device: Device;
  /** How, on CUDA. */
  readonly cuda?: CudaOptions;
}
