import { decodeImage } from "../../mod.ts";
import { squeezed } from "./draw_boxes.ts";
import type { Scene } from "./draw_scene.ts";

/** Pictures with boxes, and the names of what is in them. */
export interface Scenes {
  /** The pictures. */
  readonly scenes: readonly Scene[];
  /** Names of the classes. */
  readonly classes: readonly string[];
}

/**
 * The pictures of a folder in the form of Pascal VOC, squeezed to squares: `Annotations/<name>.xml` with
 * the boxes of `JPEGImages/<file>`. Throws `Error` where there is no annotation with a box.
 */
export async function readVoc(folder: string, sizePx: number): Promise<Scenes> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(`${folder}/Annotations`)) {
    if (name.endsWith(".xml")) names.push(name);
  }
  const read = await Promise.all(
    names.sort().map(async (name) => {
      const xml = await Deno.readTextFile(`${folder}/Annotations/${name}`);
      const file = textOf(xml, "filename") ?? name.replace(/xml$/, "jpg");
      const objects = [...xml.matchAll(/<object>([\s\S]*?)<\/object>/g)].map(([, body]) => body!);
      return { file, objects };
    }),
  );
  const classes = [
    ...new Set(read.flatMap(({ objects }) => objects.map((one) => textOf(one, "name") ?? ""))),
  ].sort();
  if (classes.length === 0) throw new Error(`"${folder}/Annotations" holds no boxes`);
  const scenes: Scene[] = [];
  for (const { file, objects } of read) {
    const image = await decodeImage(await Deno.readFile(`${folder}/JPEGImages/${file}`));
    const [across, down] = [sizePx / image.widthPx, sizePx / image.heightPx];
    const things = objects.map((one) => ({
      label: classes.indexOf(textOf(one, "name") ?? ""),
      left: across * Number(textOf(one, "xmin")),
      top: down * Number(textOf(one, "ymin")),
      right: across * Number(textOf(one, "xmax")),
      bottom: down * Number(textOf(one, "ymax")),
    }));
    scenes.push({ image: squeezed(image, sizePx), things });
  }
  return { scenes, classes };
}

/** The text of the first element of a name. */
function textOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(xml)?.[1];
}
