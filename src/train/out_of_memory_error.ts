import type { Model } from "../onnx/model.ts";
import type { Device } from "../runtime/device.ts";
import type { History } from "./history.ts";

/** Where memory ran out. */
export interface MemoryShortage {
  /** The device whose memory it is. */
  readonly device: Exclude<Device, "auto">;
  /** Examples of the step that did not fit. */
  readonly batchSize: number;
  /** Examples of one that does, as tried; `undefined` where not even one does. */
  readonly fits: number | undefined;
}

/** A training step did not fit into the device's memory; the error carries what was trained until then. */
export class OutOfMemoryError extends Error {
  /** Its name. */
  override name = "OutOfMemoryError";

  /** `model` has the weights of the last step that was taken. */
  constructor(
    message: string,
    /** The model as the last good step left it. */
    readonly model: Model,
    /** The epochs that ended well. */
    readonly history: History,
    /** Which device, and what fits. */
    readonly where: MemoryShortage,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
