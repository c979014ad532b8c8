import { extname } from "@std/path";

/** The name under which Jupyter, with Deno's kernel, asks a value how to show it. */
export const JUPYTER_DISPLAY: unique symbol = Symbol.for("Jupyter.display") as never;

/** Pixels of a saved PNG for each of the chart's. */
const PNG_SCALE = 2;

/** A chart as a picture; Jupyter shows it where it is the last value of a cell. */
export interface Chart {
  /** The picture: one SVG element that stands alone, its text in the colour of the text around it. */
  readonly svg: string;
  /** Writes it to a file that ends in `.svg` or `.png`. Throws `RangeError` for another ending. */
  save(file: string): Promise<void>;
  /** What Jupyter shows. */
  [JUPYTER_DISPLAY](): Record<string, string>;
}

/** Options of every chart. */
export interface ChartOptions {
  /** Width, in pixels. @default {480} */
  readonly widthPx?: number;
  /** Line above the chart. @default what it shows */
  readonly title?: string;
}

/** A chart of an SVG. */
export function chart(svg: string): Chart {
  return {
    svg,
    async save(file) {
      const ending = extname(file).toLowerCase();
      if (ending !== ".svg" && ending !== ".png") {
        throw new RangeError(`A chart is saved as .svg or .png, found "${file}"`);
      }
      if (ending === ".svg") return await Deno.writeTextFile(file, svg);
      const { default: sharp } = await import("sharp");
      const picture = sharp(new TextEncoder().encode(svg), { density: 72 * PNG_SCALE });
      await Deno.writeFile(file, await picture.flatten({ background: "white" }).png().toBuffer());
    },
    [JUPYTER_DISPLAY]: () => ({ "image/svg+xml": svg }),
  };
}
