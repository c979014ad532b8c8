/**
 * Something that a device cannot do: give the places of the maxima that MaxPool found, put numbers
 * there, or convolve in a group for each image as fast as in one for all.
 */
export type Lack = "MaxPool indices" | "MaxUnpool" | "image groups";

/** What the operators that a builder adds must be fit for. */
export interface BuilderOptions {
  /** Whether only forms are chosen that hold at any batch size. @default {false} */
  readonly freeBatch?: boolean | undefined;
  /** What the device cannot do. @default {nothing} */
  readonly lacks?: ReadonlySet<Lack> | undefined;
}
