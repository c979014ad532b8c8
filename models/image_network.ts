/** Options that the networks for pictures share. */
export interface ImageNetworkOptions {
  /** Names of the classes, or how many there are. @default {1000} */
  readonly classes?: number | readonly string[];
  /** Seed of the initial weights. @default {0} */
  readonly seed?: number;
  /** Height and width of the input, in pixels. @default {224} */
  readonly sizePx?: number;
}
