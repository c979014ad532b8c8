import { z } from "zod";
import type { Augmentation, Image } from "../../tensor/dataset.ts";
import { checkOptions } from "../../tensor/options.ts";
import { permutation, type Rng } from "../../tensor/rng.ts";
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from "./color.ts";

/** Options of `colorJitter`: how far each property may move; 0 leaves it alone. */
export interface ColorJitterOptions {
  /** Brightness is multiplied by 1 ± this much. @default {0} */
  readonly brightness?: number;
  /** Contrast is multiplied by 1 ± this much. @default {0} */
  readonly contrast?: number;
  /** Saturation is multiplied by 1 ± this much. @default {0} */
  readonly saturation?: number;
  /** Hue is turned by ± this share of the colour circle, up to 0.5. @default {0} */
  readonly hue?: number;
}

/** One adjustment that `colorJitter` drew. */
export interface ColorAdjustment {
  /** What is adjusted. */
  readonly property: "brightness" | "contrast" | "saturation" | "hue";
  /** A factor, or for hue a turn in shares of the colour circle. */
  readonly amount: number;
}

const strength = z.number().min(0).default(0);
const schema = z.strictObject({
  brightness: strength,
  contrast: strength,
  saturation: strength,
  hue: z.number().min(0).max(0.5).default(0),
});

const ADJUST: Record<ColorAdjustment["property"], (image: Image, amount: number) => Image> = {
  brightness: adjustBrightness,
  contrast: adjustContrast,
  saturation: adjustSaturation,
  hue: adjustHue,
};

/**
 * Moves brightness, contrast, saturation and hue at random, in random order, as torchvision's
 * `ColorJitter` does to 8-bit pictures.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { colorJitter } from "@graft/graft";
 *
 * const image = { widthPx: 1, heightPx: 1, data: new Uint8Array([100, 200, 50]) };
 * const brighter = colorJitter().apply(image, [{ property: "brightness", amount: 1.5 }]);
 * assertEquals(brighter.data, new Uint8Array([150, 255, 75]));
 * ```
 */
export function colorJitter(
  options: ColorJitterOptions = {},
): Augmentation<readonly ColorAdjustment[]> {
  const { brightness, contrast, saturation, hue } = checkOptions("colorJitter", schema, options);
  const around = (random: Rng, centre: number, reach: number) => {
    const low = Math.max(0, centre - reach);
    return low + (centre + reach - low) * random.uniform();
  };
  const count = [brightness, contrast, saturation].filter((reach) => reach > 0).length;
  return {
    name: "colorJitter",
    sample(random) {
      const drawn: (ColorAdjustment | undefined)[] = [
        brightness > 0
          ? { property: "brightness", amount: around(random, 1, brightness) }
          : undefined,
        contrast > 0 ? { property: "contrast", amount: around(random, 1, contrast) } : undefined,
        saturation > 0
          ? { property: "saturation", amount: around(random, 1, saturation) }
          : undefined,
        hue > 0 ? { property: "hue", amount: hue * (2 * random.uniform() - 1) } : undefined,
      ];
      return Array.from(permutation(4, random), (place) => drawn[place])
        .filter((adjustment) => adjustment !== undefined);
    },
    apply: (image, adjustments) =>
      adjustments.reduce(
        (changed, { property, amount }) => ADJUST[property](changed, amount),
        image,
      ),
    // A hue is turned by other means than levels.
    ...(hue === 0 && count > 0 && {
      inGraph: { part: "levels" as const, numbers: (drawn) => levels(drawn) },
    }),
  };
}

/** For each adjustment a factor, and how much of the mean grey and of a pixel's own grey stays. */
function levels(adjustments: readonly ColorAdjustment[]): number[] {
  return adjustments.flatMap(({ property, amount }) => [
    amount,
    Number(property === "contrast"),
    Number(property === "saturation"),
  ]);
}
