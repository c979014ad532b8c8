import sharp from "sharp";
import { rng } from "../mod.ts";

const [WIDTH_PX, HEIGHT_PX] = [500, 375];
/** Pixels of the finished picture that share one random colour. */
const BLOT_PX = 5;

/** Writes JPEG files of soft blots, `count` of each of two classes, as many bytes as photographs have. */
export async function writePictures(folder: string, count: number): Promise<void> {
  for (const name of ["one", "two"]) {
    await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    for (let index = 0; index < count; index++) {
      await Deno.writeFile(`${folder}/${name}/${index}.jpg`, await drawnJpeg(name, index));
    }
  }
}

/** A JPEG of 500×375 pixels, the same for the same name and index. */
export async function drawnJpeg(name: string, index: number): Promise<Uint8Array> {
  const [width, height] = [WIDTH_PX / BLOT_PX, HEIGHT_PX / BLOT_PX];
  const random = rng(0, name, index);
  const blots = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
  return await sharp(blots, { raw: { width, height, channels: 3 } })
    .resize(WIDTH_PX, HEIGHT_PX, { kernel: "cubic" })
    .jpeg({ quality: 90 })
    .toBuffer();
}
